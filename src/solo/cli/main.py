"""The command line's entry: finds the verb, reads its flags, prints what went wrong.

A verb's module is imported only when it is asked for, and it imports only what it needs:
``solo status`` is run in loops and prompts.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from .. import errors, flags
from . import connection, session, table

PROGRAM = 'solo'
_LEADING = frozenset(
    ('--debug', '-q', '--quiet', '-v', '--verbose', '--show-log', '--logging-config')
)
_INTERRUPTED, _BROKEN_PIPE = 130, 141  # 128 + SIGINT, 128 + SIGPIPE, as shells count


class Verb(Protocol):
    """The module of a verb."""

    COMMAND: flags.Command

    def run(self, session: session.Session, /) -> int:
        """Do it, and return the exit code."""
        ...


def verb(name: str) -> Verb | None:
    """Return the module of the verb or alias *name*, or None if there is no such verb."""
    name = table.ALIASES.get(name, name)
    if name not in table.VERBS:
        return None
    # The verb's own name with '_', and one more where Python has taken the word.
    module = {'exec': 'exec_', 'help': 'help_'}.get(name, name.replace('-', '_'))
    return cast('Verb', importlib.import_module(f'{__package__}.{module}'))


def main(argv: Sequence[str] | None = None, call: connection.Call = connection.call) -> int:
    """Run one command line and return its exit code.

    Args:
        argv: The arguments without the program's name; by default the process's own.
        call: The way to the controller.

    Returns:
        0, 1 if it failed, 2 if it was asked wrongly. Source: juju: cmd/cmd/cmd.go.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments, call)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except errors.Error as error:
        _fail(str(error), arguments)
        return error.exit_code
    except Exception as error:
        _fail(f'{type(error).__name__}: {error}; "--debug" shows where', arguments)
        return 1


def unrecognized(name: str) -> errors.UsageError:
    """Return Juju's error for an unknown verb, with the verbs that are spelled nearly so."""
    import difflib

    near = difflib.get_close_matches(name, [*table.VERBS, *table.ALIASES], 3, 0.7)
    hint = '\n\nDid you mean:\n' + '\n'.join(f'\t{word}' for word in near) if near else ''
    return errors.UsageError(f'unrecognized command: {PROGRAM} {name}{hint}')


def _run(arguments: list[str], call: connection.Call) -> int:
    leading: list[str] = []
    while arguments and arguments[0].partition('=')[0] in _LEADING:
        leading.append(arguments.pop(0))
        if leading[-1] == '--logging-config' and arguments:
            leading.append(arguments.pop(0))
    if not arguments or arguments[0] in ('-h', '--help'):
        arguments = ['help']
    elif arguments[0] == '--version':
        arguments = ['version']
    name, *rest = arguments
    module = verb(name)
    if module is None:
        if name.startswith('-'):
            raise errors.UsageError(f'option provided but not defined: {name}')
        if name in table.ABSENT:
            raise errors.Error(f'cannot do "{name}": {table.ABSENT[name]}')
        raise unrecognized(name)
    try:
        parsed = flags.parse(
            module.COMMAND, [*leading, *rest], interspersed=getattr(module, 'INTERSPERSED', True)
        )
    except flags.HelpAsked:
        sys.stdout.write(flags.help_text(module.COMMAND, PROGRAM))
        return 0
    return module.run(session.Session(parsed, call))


def _fail(message: str, arguments: list[str]) -> None:
    if '--debug' in arguments:
        import traceback

        traceback.print_exc()
    print(f'ERROR {message}', file=sys.stderr)
