"""``refresh``: another revision of an application's charm."""

from __future__ import annotations

import time

from .. import errors, flags
from . import arguments, deploy, session, table

COMMAND = table.command(
    'refresh',
    '<application>',
    '',
    flags.Flag(('path',), help='Refresh to a charm located at path'),
    flags.Flag(('switch',), help='Crossgrade to a different charm'),
    flags.Flag(('resource',), 'list', help='Resource to be uploaded to the controller'),
    flags.Flag(('config',), 'list', help='Either a path to yaml-formatted config or key=value'),
    flags.Flag(('storage',), 'list', help='Charm storage directives'),
    flags.Flag(('trust',), 'bool', help='Allow the application to reach this machine itself'),
    flags.Flag(('force',), 'bool', help='Refresh although the charm asks for something else'),
    flags.Flag(('force-units',), 'bool', help='Refresh all units, even if in error'),
    flags.Flag(('force-base', 'force-series'), 'bool', help='Refresh even if the base differs'),
    flags.Flag(('base',), help="Accepted for Juju: the base is this machine's"),
    flags.Flag(('bind',), help='Accepted for Juju: there is one space, alpha'),
    flags.Flag(('channel',), help='Accepted for Juju: charms here have no channels'),
    flags.Flag(('revision',), 'int', help='Accepted for Juju: a local charm has its own'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the new revision, and say which it is."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application specified')
    path = session.flags['path'] or session.flags['switch']
    if session.flags['path'] and session.flags['switch']:
        raise errors.UsageError('--switch and --path are mutually exclusive')
    files = [text for text in session.flags['config'] if '=' not in text]
    started = time.time()
    result = session.ask(
        'refresh',
        session.progress,
        application=application,
        path=deploy.charm(path) if path else '',
        resources=arguments.paths(session.flags['resource']),
        config=arguments.settings(tuple(t for t in session.flags['config'] if '=' in t)),
        config_file_text=arguments.read_file(files[0]) if files else '',
        storage=dict(arguments.pair(text) for text in session.flags['storage']),
        trust=session.flags['trust'],
        force=session.flags['force'],
        force_units=session.flags['force-units'],
        switch=bool(session.flags['switch']),
    )
    if result.get('added', True):
        session.say(
            f'Added local charm "{result["charm"]}", revision {result["revision"]}, to the model'
        )
    return session.wait(application, since=started)
