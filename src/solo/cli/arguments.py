"""Arguments in Juju's spellings, read into values."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from .. import errors, flags, folders


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
        UsageError: If one is not of that form, or a key is said twice.
        Error: If a file can't be read.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, value = pair(text)
        if key in found:
            raise errors.UsageError(f'key "{key}" specified more than once')
        found[key] = value
        if value.startswith('@'):
            try:
                found[key] = read_file(value[1:])
            except errors.Error as error:
                raise errors.Error(
                    f'cannot read option from file "{value[1:]}": {error.message}'
                ) from error
    return found


def reset_keys(texts: tuple[str, ...]) -> list[str]:
    """Return the keys of ``--reset``.

    Raises:
        UsageError: If one is ``key=value``.
    """
    keys = comma_list(texts)
    for key in keys:
        if '=' in key:
            raise errors.UsageError(
                f'--reset accepts a comma delimited set of keys "a,b,c", received: "{key}"'
            )
    return keys


def check_config(
    parsed: flags.Parsed, get: list[str], pairs: Mapping[str, str], reset: list[str]
) -> None:
    """Refuse what can't be done at once by ``config`` and its like.

    Raises:
        UsageError: In Juju's words.

    Source: juju: cmd/juju/config/config.go (validateActions).
    """
    asked = {
        'use --file flag': bool(parsed.flags['file']),
        'use --reset flag': bool(reset),
        'get value': bool(get),
        'set key=value pairs': bool(pairs),
    }
    actions = [action for action, wanted in asked.items() if wanted]
    if get and len(actions) > 1:
        listed = ' and '.join([', '.join(actions[:-1]), actions[-1]])
        raise errors.UsageError(f'cannot {listed} simultaneously')
    if len(get) > 1:
        raise errors.UsageError('cannot specify multiple keys to get')
    for key in reset:
        if key in pairs:
            raise errors.UsageError(f'cannot set and reset key "{key}" simultaneously')


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
    if name not in ('', folders.controller_name()):
        raise errors.Error(f'controller {name} not found', 'not found')


def is_confirmed(parsed: flags.Parsed) -> bool:
    """Tell whether nobody has to be asked: by the flag or by ``JUJU_SKIP_CONFIRMATION``.

    Source: juju: cmd/modelcmd/confirmation.go.
    """
    skips = os.environ.get('JUJU_SKIP_CONFIRMATION', '').lower() in ('1', 't', 'true')
    return parsed.flags['no-prompt'] or skips


def confirm(question: str, what: str, *expected: str) -> None:
    """Ask on stderr, and go on only if the answer is one of *expected*, by default y or yes.

    Raises:
        Error: If it is anything else, or nobody answers: ``unit removal: aborted``, with *what*.

    Source: juju: cmd/util.go (UserConfirmYes, UserConfirmName).
    """
    print(question, end='', file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in (expected or ('y', 'yes')):
        raise errors.Error(f'{what}: aborted')


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
