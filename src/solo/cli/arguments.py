"""Arguments in Juju's spellings, read into values."""

from __future__ import annotations

import os
import sys

from .. import errors, flags, juju


def pair(text: str, what: str = 'key=value') -> tuple[str, str]:
    """Return the two sides of ``key=value``.

    Raises:
        UsageError: ``expected "key=value", got "x"``.
    """
    key, equals, value = text.partition('=')
    if not equals or not key:
        raise errors.UsageError(f'expected "{what}", got {flags.quote(text)}')
    return key, value


def read_file(path: str) -> str:
    """Return the text of the file at *path*; ``-`` is stdin.

    Raises:
        Error: If it can't be read.
    """
    if path == '-':
        return sys.stdin.read()
    try:
        with open(os.path.expanduser(path), encoding='utf-8') as file:
            return file.read()
    except OSError as error:
        raise errors.Error(f'open {path}: {(error.strerror or str(error)).lower()}') from error
    except UnicodeDecodeError as error:
        raise errors.Error(f'cannot read "{path}": it is not UTF-8 text') from error


def seconds(parsed: flags.Parsed, key: str, default: float) -> float:
    """Return the duration flag *key* in seconds; Go's spelling, such as ``1m30s``.

    Raises:
        UsageError: In gnuflag's words.
    """
    from .. import formats

    if not parsed.flags[key]:
        return default
    try:
        return formats.duration(parsed.flags[key])
    except ValueError as error:
        raise parsed.invalid(key, str(error)) from error


def comma_list(texts: tuple[str, ...] | str) -> list[str]:
    """Return the items of flags whose values are separated by commas."""
    given = (texts,) if isinstance(texts, str) else texts
    return [item for text in given for item in text.split(',') if item]


def settings(texts: tuple[str, ...]) -> dict[str, str]:
    """Return ``key=value`` arguments as a map; ``key=@file`` takes the file's text.

    Raises:
        UsageError: If one is not of that form.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, value = pair(text)
        found[key] = read_file(value[1:]) if value.startswith('@') else value
    return found


def paths(texts: tuple[str, ...]) -> dict[str, str]:
    """Return ``name=path`` arguments as a map of absolute paths.

    Raises:
        UsageError: If one is not of that form.
    """
    return {name: os.path.abspath(os.path.expanduser(path)) for name, path in map(pair, texts)}


def positive(parsed: flags.Parsed, key: str) -> int:
    """Return the whole number of flag *key*.

    Raises:
        UsageError: ``--num-units must be a positive integer``.
    """
    value = parsed.flags[key]
    if value < 1:
        raise errors.UsageError(f'--{key} must be a positive integer')
    return int(value)


def endpoint(text: str) -> str:
    """Return *text* if it is ``app`` or ``app:endpoint``.

    Raises:
        UsageError: ``endpoint "a:" not valid``.
    """
    application, colon, name = text.partition(':')
    if not application or (colon and not name) or ':' in name:
        raise errors.UsageError(f'endpoint "{text}" not valid')
    return text


def check_controller(name: str) -> None:
    """Refuse any controller but the one that there is.

    Raises:
        Error: ``controller x not found``.
    """
    if name not in ('', juju.CONTROLLER):
        raise errors.Error(f'controller {name} not found', 'not found')


def confirm(question: str, expected: str) -> None:
    """Ask on stderr, and go on only if the answer is *expected*.

    Raises:
        Error: If it is anything else, or nobody answers.
    """
    print(question, end='', file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != expected:
        raise errors.Error('aborted')


def check_no_wait(parsed: flags.Parsed) -> None:
    """Refuse flags that don't go together.

    Raises:
        UsageError: ``--no-wait without --force not valid``.
    """
    if parsed.flags['no-wait'] and not parsed.flags['force']:
        raise errors.UsageError('--no-wait without --force not valid')


def check_attach(parsed: flags.Parsed) -> None:
    """Refuse to attach storage to one of several units.

    Raises:
        UsageError: ``--attach-storage cannot be used with -n``.
    """
    if parsed.flags['attach-storage'] and parsed.flags['num-units'] != 1:
        raise errors.UsageError('--attach-storage cannot be used with -n')
