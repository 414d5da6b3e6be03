"""``model-config``: get, set or reset a model's configuration."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
from . import arguments, modelsettings, output, session, table

COMMAND = table.command(
    'model-config',
    '[<model-key>[=<value>] ...]',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    *table.COLORS,
    flags.Flag(('reset',), 'list', help='Reset the provided comma delimited keys'),
    flags.Flag(
        ('ignore-read-only-fields', 'ignore-agent-version'),
        'bool',
        help='Accepted for Juju: of what this command printed, only what was set is read back',
    ),
    flags.Flag(('file',), help='Path to yaml-formatted configuration file'),
)


def run(session: session.Session) -> int:
    """Show or change the model's configuration."""
    keys = [text for text in session.args if '=' not in text]
    pairs = arguments.settings(tuple(text for text in session.args if '=' in text))
    reset = arguments.reset_keys(session.flags['reset'])
    arguments.check_config(session.parsed, keys, pairs, reset)
    if session.flags['file']:
        pairs = {**modelsettings.read(session.flags['file']), **pairs}
    if pairs or reset:
        session.ask('model_config', session.progress, set=pairs, reset=reset)
        return 0
    found: dict[str, dict[str, Any]] = session.ask('model_config', set={}, reset=[])
    style = session.flags['format']
    if keys and keys[0] not in found:
        raise errors.Error(f'key "{keys[0]}" not found in "{session.model}" model')
    if keys and style == 'tabular':
        session.write(formats.smart(found[keys[0]]['Value']) or '\n')
        return 0
    shown = {key: found[key] for key in keys} if keys else found
    if style != 'tabular':
        session.write(formats.text(shown, style))
        return 0
    rows = [
        [key, str(shown[key]['Source']), _cell(key, shown[key]['Value'])] for key in sorted(shown)
    ]
    session.write(output.table([['Attribute', 'From', 'Value'], *rows]))
    return 0


def _cell(key: str, value: Any) -> str:
    """Return a value for the table: what has many lines is only said to be there."""
    if key == 'cloudinit-userdata' and value:
        return f'<value set, see juju model-config {key}>'
    return formats.yaml(value).strip().strip('"')
