"""``config``: get, set or reset an application's configuration."""

from __future__ import annotations

import time

from .. import errors, flags, formats
from . import arguments, session, table

COMMAND = table.command(
    'config',
    '<application name> [--reset <key[,key]>] [<attribute-key>][=<value>] ...]',
    """\
Without a key all settings are shown; with a key its value; with key=value pairs they are set,
all of them or none. key=@file sets the file's text.""",
    *table.formats('yaml', 'json'),
    *table.COLORS,
    flags.Flag(('reset',), 'list', help='Reset the provided comma delimited keys'),
    flags.Flag(('file',), help='Path to yaml-formatted configuration file'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Show or change the settings."""
    if not session.args or '=' in session.args[0]:
        raise errors.UsageError('no application name specified')
    application, *rest = session.args
    keys = [text for text in rest if '=' not in text]
    pairs = arguments.settings(tuple(text for text in rest if '=' in text))
    reset = arguments.reset_keys(session.flags['reset'])
    arguments.check_config(session.parsed, keys, pairs, reset)
    if pairs or reset or session.flags['file']:
        return _change(session, application, pairs, reset)
    found = session.ask('config_get', application=application)
    if not keys:
        session.write(formats.text(found, session.flags['format']))
        return 0
    options = {**found.get('application-config', {}), **found.get('settings', {})}
    if keys[0] not in options:
        raise errors.Error(
            f'key "{keys[0]}" not found in "{application}" application config or charm settings.'
        )
    value = options[keys[0]].get('value')
    if 'format' in session.parsed.spelled and session.flags['format'] == 'json':
        session.write(formats.json_text(value))
    elif value is None or isinstance(value, str):
        session.write(f'{value or ""}\n')  # bare, whatever YAML would make of it
    else:
        session.write(formats.yaml(value))
    return 0


def _change(
    session: session.Session, application: str, settings: dict[str, str], reset: list[str]
) -> int:
    path = session.flags['file']
    started = time.time()
    session.ask(
        'config_set',
        application=application,
        settings=settings,
        reset=reset,
        file_text=arguments.read_file(path) if path else '',
    )
    return session.wait(application, since=started)
