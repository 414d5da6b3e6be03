"""The query language of ``wait-for``: ``life=="alive" && forEach(units, u => u.leader)``.

Source: juju: cmd/juju/waitfor/query (parser.go, builtin.go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .. import errors

Scope = Mapping[str, Any]
Evaluate = Callable[[Scope], Any]

_TOKEN = re.compile(
    r'\s*(?:(?P<string>"[^"]*"|\'[^\']*\')|(?P<number>\d+(?:\.\d+)?)'
    r'|(?P<word>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)'
    r'|(?P<sign>=>|==|!=|<=|>=|&&|\|\||[()<>,]))'
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    '==': lambda a, b: a == b,
    '!=': lambda a, b: a != b,
    '<': lambda a, b: a < b,
    '>': lambda a, b: a > b,
    '<=': lambda a, b: a <= b,
    '>=': lambda a, b: a >= b,
}


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Evaluate:
    """Return a function that tells whether the query holds for a scope.

    It raises a UsageError where the query compares what can't be compared.

    Raises:
        UsageError: If *text* is not a query.
    """
    parser = _Parser(text)
    found = parser.either()
    parser.expect_end()

    def evaluate(scope: Scope) -> Any:
        try:
            return found(scope)
        except (TypeError, AttributeError) as error:
            raise errors.UsageError(f'cannot evaluate the query "{text}": {error}') from error

    return evaluate


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        position = 0
        while text[position:].strip():
            found = _TOKEN.match(text, position)
            if found is None:
                raise self._error(text[position:].strip())
            self._tokens.append(_Token(str(found.lastgroup), found[str(found.lastgroup)]))
            position = found.end()

    def either(self) -> Evaluate:
        """Read alternatives: ``a || b``."""
        left = self._both()
        while self._take('||'):
            left = _or(left, self._both())
        return left

    def expect_end(self) -> None:
        """Refuse what is left over."""
        if self._tokens:
            raise self._error(self._tokens[0].text)

    def _both(self) -> Evaluate:
        left = self._comparison()
        while self._take('&&'):
            left = _and(left, self._comparison())
        return left

    def _comparison(self) -> Evaluate:
        left = self._operand()
        if self._tokens and self._tokens[0].text in _COMPARE and self._tokens[0].kind == 'sign':
            compare = _COMPARE[self._tokens.pop(0).text]
            return _compared(compare, left, self._operand())
        return left

    def _operand(self) -> Evaluate:
        if self._take('('):
            inner = self.either()
            self._need(')')
            return inner
        if not self._tokens or self._tokens[0].kind == 'sign':
            raise self._error(self._tokens[0].text if self._tokens else 'the end')
        token = self._tokens.pop(0)
        if token.kind == 'string':
            return _constant(token.text[1:-1])
        if token.kind == 'number':
            return _constant(float(token.text))
        if token.text in ('true', 'false'):
            return _constant(token.text == 'true')
        if self._take('('):
            return self._call(token.text)
        return _variable(token.text.split('.'))

    def _call(self, name: str) -> Evaluate:
        first = self.either()
        if name == 'len':
            self._need(')')
            return lambda scope: float(len(first(scope) or ()))
        self._need(',')
        if name == 'forEach':
            variable = self._tokens.pop(0).text if self._tokens else ''
            self._need('=>')
            body = self.either()
            self._need(')')
            return _each(first, variable, body)
        if name not in ('startsWith', 'endsWith'):
            raise self._error(name)
        second = self.either()
        self._need(')')
        if name == 'startsWith':
            return lambda scope: str(first(scope)).startswith(str(second(scope)))
        return lambda scope: str(first(scope)).endswith(str(second(scope)))

    def _take(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ('sign', sign):
            self._tokens.pop(0)
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._error(self._tokens[0].text if self._tokens else 'the end')

    def _error(self, found: str) -> errors.UsageError:
        return errors.UsageError(f'cannot read the query "{self._text}": unexpected "{found}"')


def _constant(value: Any) -> Evaluate:
    return lambda _: value


def _variable(path: list[str]) -> Evaluate:
    def read(scope: Scope) -> Any:
        value: Any = scope
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                raise errors.UsageError(f'cannot evaluate the query: no field "{".".join(path)}"')
            value = value[name]  # pyright: ignore[reportUnknownVariableType]  # from JSON
        return value  # pyright: ignore[reportUnknownVariableType]  # from JSON

    return read


def _or(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: left(scope) or right(scope)


def _and(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: left(scope) and right(scope)


def _compared(compare: Callable[[Any, Any], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: compare(left(scope), right(scope))


def _each(items: Evaluate, variable: str, body: Evaluate) -> Evaluate:
    def every(scope: Scope) -> bool:
        found = items(scope)
        return bool(found) and all(body({**scope, variable: item}) for item in found.values())

    return every
