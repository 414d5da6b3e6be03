"""Command lines as Juju reads them: one table per command, one parser, one help text.

Used by the command line and by the hook commands; it imports next to nothing because both are
started very often.

Source: juju/gnuflag: flag.go (parsing), juju: cmd/cmd/cmd.go (help layout).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from . import errors

_TRUE = frozenset(('1', 't', 'T', 'TRUE', 'true', 'True'))
_FALSE = frozenset(('0', 'f', 'F', 'FALSE', 'false', 'False'))
_ESCAPES = {'\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r'}


class Flag(NamedTuple):
    """One option of a command.

    Attributes:
        names: Short and long names without dashes: ``('o', 'output')``.
        kind: ``bool`` needs no argument; a ``list`` may be repeated and gives a tuple.
        default: Its value when absent; a list's is ``()``.
        choices: If not empty, the only values allowed.
    """

    names: tuple[str, ...]
    kind: Literal['bool', 'string', 'int', 'list'] = 'string'
    default: Any = None
    help: str = ''
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The longest name: the flag's key in ``Parsed.flags``."""
        return max(self.names, key=len)


class Command(NamedTuple):
    """A command's table: what ``--help`` says and what ``parse`` accepts."""

    name: str
    args: str = ''
    summary: str = ''
    details: str = ''
    flags: tuple[Flag, ...] = ()
    aliases: tuple[str, ...] = ()


class Parsed(NamedTuple):
    """A command line that was read.

    Attributes:
        flags: Every flag of the command by its longest name, defaults filled in.
        args: The positionals, in order.
        spelled: Flags that were given, with the name used: ``{'relation': '-r'}``.
    """

    flags: Mapping[str, Any]
    args: tuple[str, ...]
    spelled: Mapping[str, str]

    def at_most(self, count: int) -> tuple[str, ...]:
        """Return the positionals, padded with ``''`` to *count*.

        Raises:
            UsageError: ``unrecognized args: ["x"]`` if there are more.
        """
        if len(self.args) > count:
            surplus = ' '.join(quote(arg) for arg in self.args[count:])
            raise errors.UsageError(f'unrecognized args: [{surplus}]')
        return self.args + ('',) * (count - len(self.args))

    def invalid(self, key: str, reason: str) -> errors.UsageError:
        """Return the error for a flag whose value is no good, in gnuflag's words."""
        value = quote(str(self.flags[key]))
        return errors.UsageError(f'invalid value {value} for option {self.spelled[key]}: {reason}')


class HelpAsked(Exception):  # noqa: N818 - nothing is wrong
    """``--help`` or ``-h`` was given: print ``help_text`` on stdout and exit with 0."""


def quote(text: str) -> str:
    """Return *text* in double quotes, as Go's ``%q`` does."""
    return '"' + ''.join(_ESCAPES.get(char, char) for char in text) + '"'


def parse(command: Command, argv: Sequence[str], *, interspersed: bool = True) -> Parsed:
    """Read *argv*, which lacks the command's own name.

    Args:
        command: The table to read by.
        argv: The arguments. ``--`` ends the flags.
        interspersed: Whether flags may follow positionals: not where these are a command line.

    Raises:
        UsageError: In Juju's words.
        HelpAsked: If help was asked for before anything was wrong.
    """
    known = {name: flag for flag in command.flags for name in flag.names}
    values: dict[str, Any] = {flag.key: _default(flag) for flag in command.flags}
    spelled: dict[str, str] = {}
    args: list[str] = []
    rest = list(argv)
    cluster = ''  # what follows a letter in '-abc': more letters, or its value
    while rest or cluster:
        if cluster:
            name, value, cluster = cluster[0], None, cluster[1:]
        else:
            word = rest.pop(0)
            if word == '--':
                args += rest
                break
            if not word.startswith('-') or word == '-':
                args.append(word)
                if not interspersed:
                    args += rest
                    break
                continue
            if not word.startswith('--'):
                cluster = word[1:]
                continue
            name, equals, text = word[2:].partition('=')
            value = text if equals else None
        written = f'-{name}' if len(name) == 1 else f'--{name}'
        flag = known.get(name)
        if flag is None:
            if name in ('help', 'h'):
                raise HelpAsked
            raise errors.UsageError(f'option provided but not defined: {written}')
        if value is None and flag.kind == 'bool' and not cluster.startswith('='):
            value = 'true'
        elif value is None:
            if not cluster and not rest:
                raise errors.UsageError(f'option needs an argument: {written}')
            value, cluster = cluster or rest.pop(0), ''
        values[flag.key] = _value(flag, value, written, values[flag.key])
        spelled[flag.key] = written
    return Parsed(values, tuple(args), spelled)


def help_text(command: Command, program: str = '') -> str:
    """Return the help of *command*, in the layout of Juju's.

    Args:
        command: Its table.
        program: What comes before the command's name on the usage line, such as ``juju``.
    """
    usage = ' '.join(
        word
        for word in (
            f'Usage: {program}' if program else 'Usage:',
            command.name,
            '[options]' if command.flags else '',
            command.args,
        )
        if word
    )
    parts = [usage]
    if command.summary:
        parts.append(f'Summary:\n{command.summary.strip()}')
    if command.flags:
        ordered = sorted(command.flags, key=lambda flag: flag.names[0])
        parts.append('Options:\n' + '\n'.join(_describe(flag) for flag in ordered))
    if command.details:
        parts.append(f'Details:\n{command.details.strip()}')
    if command.aliases:
        parts.append(f'Aliases: {", ".join(command.aliases)}')
    return '\n\n'.join(parts) + '\n'


def _default(flag: Flag) -> Any:
    if flag.default is not None:
        return flag.default
    return {'bool': False, 'list': (), 'string': '', 'int': None}[flag.kind]


def _describe(flag: Flag) -> str:
    names = ', '.join(f'-{name}' if len(name) == 1 else f'--{name}' for name in flag.names)
    value = _default(flag)
    if flag.kind == 'bool':
        shown = f'  (= {"true" if value else "false"})'
    elif flag.kind == 'string' and not flag.choices:
        shown = f' (= {quote(value)})'
    else:
        shown = f'  (= {"" if value is None or value == () else value})'
    return f'{names}{shown}\n    {flag.help}'


def _value(flag: Flag, text: str, written: str, before: Any) -> Any:
    reason = ''
    if flag.choices and text not in flag.choices:
        reason = f'unknown {flag.key} {quote(text)}'
    elif flag.kind == 'list':
        return (*before, text)
    elif flag.kind == 'bool':
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        reason = f'strconv.ParseBool: parsing {quote(text)}: invalid syntax'
    elif flag.kind == 'int':
        try:
            return int(text)
        except ValueError:
            reason = f'strconv.ParseInt: parsing {quote(text)}: invalid syntax'
    else:
        return text
    raise errors.UsageError(f'invalid value {quote(text)} for option {written}: {reason}')
