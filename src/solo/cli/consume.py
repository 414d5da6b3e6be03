"""``consume``: make another model's offer known in this one.

Source: juju: cmd/juju/application/consume.go.
"""

from __future__ import annotations

from .. import errors, names, offerurl
from . import session, table

COMMAND = table.command(
    'consume',
    '<remote offer path> [<local application name>]',
    'An offer is [<controller>:][<user>/]<model>.<offer>; all models are of one controller here.',
)


def run(session: session.Session) -> int:
    """Ask for it, and say under which name it is known now."""
    given, alias = session.parsed.at_most(2)
    if not given:
        raise errors.UsageError('no remote offer specified')
    if alias and not names.is_application(alias):
        raise errors.UsageError(f'invalid application name "{alias}"')
    url = offerurl.parse(given)
    if url.endpoint:
        raise errors.Error(f'saas offer "{given}" shouldn\'t include endpoint')
    result = session.ask('consume', url=given, alias=alias)
    session.say(f'Added {given if url.user else url.path} as {result["name"]}')
    return 0
