"""``add-model``: one more model, and by default the current one."""

from __future__ import annotations

import os

from .. import errors, flags, juju, names
from . import arguments, modelsettings, session, table

COMMAND = table.command(
    'add-model',
    '<model name> [cloud|region|(cloud/region)]',
    '',
    flags.Flag(('config',), 'list', help='Path to YAML model configuration file or key=value'),
    flags.Flag(('no-switch',), 'bool', help='Do not switch to the newly created model'),
    flags.Flag(('c', 'controller'), help='Controller to operate in'),
    flags.Flag(('credential',), help='Accepted for Juju: this machine needs none'),
    flags.Flag(('owner',), help='Accepted for Juju: there is one user'),
    model=False,
)


def run(session: session.Session) -> int:
    """Add the model."""
    name, *_ = session.parsed.at_most(2)
    if not name:
        raise errors.UsageError('model name is required')
    if not names.is_model(name):
        raise errors.UsageError(
            f'"{name}" is not a valid name: model names may only contain lowercase letters, '
            'digits and hyphens'
        )
    arguments.check_controller(session.flags['controller'])
    config = modelsettings.given(session.flags['config'])
    kind = os.environ.get('SOLO_PROVIDER')
    if kind:
        config = {'provider': kind, **config}
    session.call(
        'add_model',
        name=name,
        config=config,
        switch=not session.flags['no-switch'],
    )
    session.say(f"Added '{name}' model on {juju.CLOUD}/{juju.CLOUD} for user '{juju.USER}'")
    return 0
