"""``bootstrap``: start the controller, which any other verb would do as well."""

from __future__ import annotations

from .. import errors, flags, juju
from . import modelsettings, session, table

COMMAND = table.command(
    'bootstrap',
    '[<cloud name>[/region] [<controller name>]]',
    """\
A data directory has one controller, and every command starts it when it needs it. It is called
"solo" until it is bootstrapped by a name. For another one set SOLO_DATA to another folder.""",
    flags.Flag(('no-switch',), 'bool', help='Do not switch to the newly created controller'),
    flags.Flag(('add-model',), help='Name of an initial model to create on the new controller'),
    flags.Flag(('bootstrap-base',), help='Accepted for Juju: the base is that of this machine'),
    flags.Flag(('bootstrap-constraints',), 'list', help='Accepted for Juju, without effect'),
    flags.Flag(('config',), 'list', help='Accepted for Juju, without effect'),
    flags.Flag(('constraints',), 'list', help='Accepted for Juju, without effect'),
    flags.Flag(('credential',), help='Accepted for Juju: this machine needs none'),
    flags.Flag(('force',), 'bool', help='Accepted for Juju, without effect'),
    flags.Flag(('metadata-source',), help='Accepted for Juju, without effect'),
    flags.Flag(('model-default',), 'list', help='What new models have: key=value, or a file'),
    flags.Flag(('storage-pool',), 'list', help='Accepted for Juju, without effect'),
    *(
        flags.Flag((name,), help='Accepted for Juju, without effect')
        for name in ('agent-version', 'bootstrap-image', 'bootstrap-series', 'db-snap')
    ),
    *(
        flags.Flag((f'controller-charm-{name}',), help='Accepted for Juju, without effect')
        for name in ('channel', 'path')
    ),
    *(
        flags.Flag((name,), 'bool', help='Accepted for Juju, without effect')
        for name in ('auto-upgrade', 'build-agent', 'clouds', 'keep-broken', 'dry-run')
    ),
    flags.Flag(('to',), help='Accepted for Juju, without effect'),
    model=False,
)


def run(session: session.Session) -> int:
    """Start the controller and say so."""
    cloud, name = session.parsed.at_most(2)
    if cloud.partition('/')[0] not in ('', juju.CLOUD, 'solo', 'local', 'lxd'):
        raise errors.Error(f'unknown cloud "{cloud}", please try "{juju.CLOUD}"')
    defaults = modelsettings.given(session.flags['model-default'])
    found = session.call('bootstrap', name=name, defaults=defaults)
    if session.flags['add-model']:
        session.call('add_model', name=session.flags['add-model'], config={}, switch=True)
    session.say(
        f'Controller "{found["name"]}" is running, process {found["pid"]}, in {found["data"]}'
    )
    return 0
