"""``deploy``: run an application from a charm, or the applications of a bundle."""

from __future__ import annotations

import os
import time

from .. import errors, flags, names
from ..bundle import document
from . import arguments, bundle, session, table

COMMAND = table.command(
    'deploy',
    '<charm or bundle> [<application name>]',
    """\
A path that starts with "." or "/" is a charm's folder, a .charm file, or a bundle: a .yaml file,
or a folder or zip file with a bundle.yaml. A bare name is a charm that comes with solo.

A bundle names applications, machines and relations; what the model has of them already stays,
and what is missing is added, all of it or nothing. --overlay and --map-machines are for bundles.

--config takes key=value, key=@file, or a YAML file of the form {application: {key: value}}.
--storage takes name=[pool,][count,][size], such as pgdata=10G.""",
    flags.Flag(('n', 'num-units'), 'int', 1, 'Number of application units to deploy'),
    flags.Flag(('config',), 'list', help='Either a path to yaml-formatted config or key=value'),
    table.TO,
    flags.Flag(('bind',), help='Configure application endpoint bindings to spaces'),
    flags.Flag(('storage',), 'list', help='Charm storage directives'),
    flags.Flag(('resource',), 'list', help='Resource to be uploaded to the controller'),
    flags.Flag(('constraints',), 'list', help='Set application constraints'),
    flags.Flag(('base', 'series'), help="Accepted for Juju: the base is this machine's"),
    flags.Flag(('trust',), 'bool', help='Allow the application to reach this machine itself'),
    flags.Flag(('force',), 'bool', help='Deploy although the charm asks for something else'),
    flags.Flag(('channel',), help='Accepted for Juju: charms here have no channels'),
    flags.Flag(('revision',), 'int', help='Accepted for Juju: a local charm has its own'),
    flags.Flag(('dry-run',), 'bool', help='Only show what would be deployed'),
    flags.Flag(('overlay',), 'list', help='Bundles to overlay on the primary bundle, in order'),
    flags.Flag(
        ('map-machines',),
        help='Which machines are the bundle\'s: "existing", or <bundle-id>=<machine-id>',
    ),
    flags.Flag(('device',), 'list', help='Charm device constraints; for Kubernetes only'),
    table.ATTACH_STORAGE,
    table.WAIT,
)


def charm(name: str) -> str:
    """Return what the controller is asked for: an absolute path, or the bare name.

    Raises:
        Error: If the bare name is also a file here.
    """
    if name.startswith(('.', '/', '~')):
        return os.path.abspath(os.path.expanduser(name))
    if os.path.exists(name):
        raise errors.Error(
            f'The charm or bundle "{name}" is ambiguous.\n'
            f' To deploy a local charm or bundle, run `solo deploy ./{name}`.\n'
            f' To deploy a charm that comes with solo, run `solo deploy ch:{name}`.'
        )
    return name.removeprefix('ch:')


def run(session: session.Session) -> int:
    """Ask for the application, and say what is being deployed."""
    given, application = session.parsed.at_most(2)
    if not given:
        raise errors.UsageError('no charm or bundle specified')
    if application and not names.is_application(application):
        raise errors.UsageError(f'invalid application name "{application}"')
    bundled = document.find(charm(given)) if given.startswith(('.', '/', '~')) else None
    if bundled is not None:
        return bundle.deploy(session, bundled, application)
    for key in ('overlay', 'map-machines'):
        if session.flags[key]:
            raise errors.UsageError(
                f'options provided but not supported when deploying a charm: --{key}'
            )
    if session.flags['dry-run']:
        return 0
    files = [text for text in session.flags['config'] if '=' not in text]
    if len(files) > 1:
        raise errors.UsageError('only a single config YAML file can be specified, got 2')
    arguments.check_attach(session.parsed)
    started = time.time()
    result = session.ask(
        'deploy',
        session.progress,
        charm=charm(given),
        application=application,
        num_units=arguments.positive(session.parsed, 'num-units'),
        config=arguments.settings(tuple(t for t in session.flags['config'] if '=' in t)),
        config_file_text=arguments.read_file(files[0]) if files else '',
        to=arguments.comma_list(session.flags['to']),
        storage=dict(arguments.pair(text) for text in session.flags['storage']),
        resources=arguments.paths(session.flags['resource']),
        trust=session.flags['trust'],
        force=session.flags['force'],
        constraints=' '.join(session.flags['constraints']),
        bind=session.flags['bind'],
        attach_storage=arguments.comma_list(session.flags['attach-storage']),
    )
    source = f'local charm "{result["charm"]}", revision {result["revision"]}'
    if result.get('located', True):
        session.say(f'Located {source}')
    session.say(f'Deploying "{result["application"]}" from {source} on {_base(result["base"])}')
    return session.wait(result['application'], since=started)


def _base(base: object) -> str:
    """Return a base as ``ubuntu@22.04/stable``."""
    text = str(base)
    return text if '/' in text or not text else f'{text}/stable'
