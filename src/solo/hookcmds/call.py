"""One call of a hook command: its arguments and folder, and what it prints."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

from .. import errors, flags, formats


class Call:
    """What a handler works with besides the hook's context.

    Args:
        parsed: The command line.
        folder: The caller's working directory, for relative paths.
        ask_stdin: Fetches the caller's whole standard input; called only when needed.
        root: The folder that is the caller's ``/``, when its files aren't ours.

    Attributes:
        out: What goes to stdout.
        err: What goes to stderr, one message each.
    """

    def __init__(
        self,
        parsed: flags.Parsed,
        folder: str,
        ask_stdin: Callable[[], bytes],
        root: str = '',
    ) -> None:
        self.parsed = parsed
        self.flags = parsed.flags
        self.args = parsed.args
        self.out = bytearray()
        self.err = bytearray()
        self._folder = folder
        self._ask_stdin = ask_stdin
        self._root = root

    def print(self, value: Any) -> None:
        """Print *value* as ``--format`` and ``--output`` say."""
        text = formats.text(value, self.flags['format']).encode('utf-8', 'surrogateescape')
        if not self.flags['output']:
            self.out += text
            return
        path = self.path(self.flags['output'])
        try:
            with open(self._root + path, 'wb') as file:
                file.write(text)
        except OSError as error:
            raise errors.Error(f'open {path}: {_cause(error)}') from error

    def path(self, name: str) -> str:
        """Return *name* as an absolute path."""
        return os.path.join(self._folder, name)

    def content(self, name: str) -> bytes:
        """Return what is in the file *name*; ``-`` is the caller's standard input.

        Raises:
            Error: If it cannot be read.
        """
        if name == '-':
            return self._ask_stdin()
        path = self.path(name)
        try:
            with open(self._root + path, 'rb') as file:
                return file.read()
        except OSError as error:
            raise errors.Error(f'open {path}: {_cause(error)}') from error


def output_flags(default: str = 'smart') -> tuple[flags.Flag, flags.Flag]:
    """Return ``--format`` and ``--output`` for a command whose format is *default*."""
    choices = ('json', 'smart', 'yaml') if default == 'smart' else ('json', 'yaml')
    return (
        flags.Flag(
            ('format',),
            default=default,
            help=f'Specify output format ({"|".join(choices)})',
            choices=choices,
        ),
        flags.Flag(('o', 'output'), help='Specify an output file'),
    )


def pairs(args: tuple[str, ...]) -> dict[str, str]:
    """Return ``key=value`` arguments as a mapping.

    Raises:
        UsageError: In Juju's words. Source: juju/utils: keyvalues/keyvalues.go.
    """
    found: dict[str, str] = {}
    for arg in args:
        key, equals, value = arg.partition('=')
        if not equals or not key:
            raise errors.UsageError(f'expected "key=value", got {flags.quote(arg)}')
        if key in found:
            raise errors.UsageError(f'key {flags.quote(key)} specified more than once')
        found[key] = value
    return found


def scalars(content: bytes) -> dict[str, str | None]:
    """Return a YAML mapping of scalars with their raw text; null is None.

    Raises:
        Error: If it is something else.
    """
    import yaml  # costs 20 ms, and most calls bring no file

    try:
        compose = cast('Any', yaml).compose  # PyYAML has no types
        root: yaml.Node | None = compose(content.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise errors.Error(f'cannot read the settings: {error}') from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise errors.Error('cannot read the settings: expected a map of keys and values')
    found: dict[str, str | None] = {}
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise errors.Error('cannot read the settings: expected a map of keys and values')
        is_null = value.tag == 'tag:yaml.org,2002:null'
        found[str(key.value)] = None if is_null else str(value.value)
    return found


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
