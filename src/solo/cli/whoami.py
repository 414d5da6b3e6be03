"""``whoami``: the current controller, model and user."""

from __future__ import annotations

from .. import folders, formats, juju
from . import output, session, table

COMMAND = table.command('whoami', '', '', *table.formats('tabular', 'json', 'yaml'), model=False)


def run(session: session.Session) -> int:
    """Print who is asking what."""
    session.parsed.at_most(0)
    model = session.call('models').get('current-model', '')
    found = {'controller': folders.controller_name(), 'model': model, 'user': juju.USER}
    if session.flags['format'] == 'tabular':
        session.write(output.table([[f'{key.title()}:', found[key]] for key in found]))
    else:
        session.write(formats.text(found, session.flags['format']))
    return 0
