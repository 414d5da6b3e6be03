"""``remove-offer``: withdraw offers.

Source: juju: cmd/juju/crossmodel/remove.go.
"""

from __future__ import annotations

from .. import errors, flags, names, offerurl
from . import arguments, session, table

COMMAND = table.command(
    'remove-offer',
    '<offer-url> ...',
    'A bare name is an offer of the current model.',
    flags.Flag(('force',), 'bool', help='Remove the offer as well as any relations to the offer'),
    table.NO_PROMPT,
    flags.Flag(('c', 'controller'), help='Controller to operate in'),
)


def run(session: session.Session) -> int:
    """Ask for the removal, after a question where relations would go with it."""
    if not session.args:
        raise errors.UsageError('no offers specified')
    arguments.check_controller(session.flags['controller'])
    urls = [_url(session, text) for text in session.args]
    with_endpoint = [text for text in urls if offerurl.parse(text).endpoint]
    if with_endpoint:
        listed = '\n'.join(f' -{text}' for text in with_endpoint)
        raise errors.Error(
            f'These offers contain endpoints. Only specify the offer name itself.\n{listed}'
        )
    if session.flags['force'] and not session.flags['no-prompt']:
        arguments.confirm(
            f'WARNING! This command will remove offers: {", ".join(urls)}\n'
            'This includes all relations to those offers.\n\nContinue [y/N]? ',
            'offer removal',
        )
    session.call('remove_offer', urls=urls, force=session.flags['force'])
    return 0


def _url(session: session.Session, text: str) -> str:
    if not names.is_application(text):
        return text
    return offerurl.OfferUrl('', '', session.model_name(), text).path
