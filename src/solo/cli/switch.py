"""``switch``: make another model the current one, or tell which it is."""

from __future__ import annotations

from .. import errors, flags, folders, juju
from . import session, table
from .session import model_name

COMMAND = table.command(
    'switch',
    '[<controller>|<model>|<controller>:|:<model>|<controller>:<model>]',
    '',
    flags.Flag(('c', 'controller'), help='Explicitly switch to a controller'),
    flags.Flag(('m', 'model'), help='Explicitly switch to a model'),
    model=False,
)


def run(session: session.Session) -> int:
    """Switch, or print the current model's full name."""
    asked, *_ = session.parsed.at_most(1)
    asked = asked or session.flags['model'] or session.flags['controller']
    current = session.call('models').get('current-model', '')
    name = model_name(asked)
    if name == folders.controller_name() and ':' not in asked:
        name = ''  # the controller: its current model stays
    if not asked:
        session.write(f'{_full(current)}\n')
        return 0
    if not name or name == current:
        session.say(f'{_full(current)} (no change)')
        return 0
    try:
        moved = session.call('switch', name=name)
    except errors.Error as error:
        if error.code != 'not found':
            raise
        raise errors.Error(f'"{asked}" is not the name of a model or controller') from error
    session.say(f'{_full(moved["from"])} -> {_full(moved["to"])}')
    return 0


def _full(model: str) -> str:
    """Return a model's name with its controller and owner."""
    return (
        f'{folders.controller_name()}:{juju.USER}/{model}' if model else folders.controller_name()
    )
