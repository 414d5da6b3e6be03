"""``show-offer``: an offer's endpoints and what its charm says of itself.

Source: juju: cmd/juju/crossmodel/show.go, showformatter.go.
"""

from __future__ import annotations

import itertools
import textwrap

from .. import errors, folders, formats, names, offerurl
from . import find_offers, output, session, table

COMMAND = table.command(
    'show-offer',
    '[<controller>:]<offer url>',
    '',
    *table.formats('tabular', 'yaml', 'json'),
)
_DESCRIPTION_WIDTH, _DESCRIPTION_LENGTH = 45, 180


def run(session: session.Session) -> int:
    """Print the offer."""
    if len(session.args) != 1:
        raise errors.UsageError('must specify endpoint URL')
    (given,) = session.args
    if names.is_application(given):
        found = [each for each in session.ask('offers') if each['name'] == given]
        if not found:
            url = offerurl.OfferUrl('', '', session.model_name(), given)
            raise errors.not_found('application offer', url.path)
    else:
        offerurl.parse(given)
        found = session.call('offers', url=given)
    (offer,) = found
    where = f'{folders.controller_name()}:{offer["url"]}'
    if session.flags['format'] != 'tabular':
        shown = {'description': offer['description'], **find_offers.about(offer)}
        shown = {where: {key: each for key, each in shown.items() if each}}
        session.write(formats.text(shown, session.flags['format']))
        return 0
    rows = [['Application URL', 'Description', 'Endpoint', 'Interface', 'Role']]
    text = textwrap.shorten(offer['description'], _DESCRIPTION_LENGTH, placeholder='...')
    ends = [(name, end['interface'], end['role']) for name, end in offer['endpoints'].items()]
    for index, (line, end) in enumerate(
        itertools.zip_longest(textwrap.wrap(text, _DESCRIPTION_WIDTH), ends)
    ):
        rows.append(['' if index else where, line or '', *(end or ())])
    session.write(output.table(rows))
    return 0
