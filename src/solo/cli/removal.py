"""What ``remove-unit`` and ``remove-application`` share: flags, and what they print.

Source: juju: cmd/juju/application/removeunit.go, removeapplication.go.
"""

from __future__ import annotations

import sys
from typing import Any

from .. import flags
from . import arguments, session, table

OPTIONS = (
    table.NO_PROMPT,
    table.DESTROY_STORAGE,
    table.FORCE,
    table.NO_WAIT,
    flags.Flag(('dry-run',), 'bool', help='Print what this command would remove'),
    table.WAIT,
)


def ask(session: session.Session, verb: str, noun: str, **params: Any) -> dict[str, Any]:
    """Ask for a removal; where the model's mode requires prompts, show it and ask first.

    Args:
        session: The verb's session.
        verb: The controller's.
        noun: As for :func:`show`.
        params: What is to be removed, and how.

    Raises:
        Error: If the answer is no.

    Source: juju: cmd/juju/application/removeunit.go, cmd/modelcmd/confirmation.go.
    """
    given = {
        'destroy_storage': session.flags['destroy-storage'],
        'force': session.flags['force'],
        'no_wait': session.flags['no-wait'],
        'dry_run': session.flags['dry-run'],
    }
    confirmed = session.flags['dry-run'] or arguments.is_confirmed(session.parsed)
    result = session.ask(verb, **params, **given, confirmed=confirmed)
    if result.get('asks'):
        session.say('This command will perform the following actions:')
        show(session, result, noun)
        arguments.confirm('\nContinue [y/N]? ', f'{noun} removal')
        done = session.ask(verb, **params, **given, confirmed=True)
        return {**done, 'removed': []}  # what was listed before the question is not listed again
    return result


def show(session: session.Session, result: dict[str, Any], noun: str) -> bool:
    """Print what will be removed on stdout, and what failed on stderr.

    Args:
        session: The verb's session.
        result: The controller's answer, ``removed`` and ``failed``.
        noun: ``unit`` or ``application``, which is also the name's key in the answer.

    Returns:
        Whether all could be removed.
    """
    lines: list[str] = []
    for each in result['removed']:
        lines.append(f'will remove {noun} {each[noun]}')
        lines += [f'- will remove unit {unit}' for unit in each.get('units', ())]
        lines += [f'- will remove storage {storage}' for storage in each.get('destroyed', ())]
        lines += [f'- will detach storage {storage}' for storage in each.get('detached', ())]
    session.write(''.join(f'{line}\n' for line in lines))
    for each in result.get('failed', ()):
        message = f'ERROR removing {noun} {each[noun]} failed: {each["error"]}'
        print(message, file=sys.stderr)
    return not result.get('failed')
