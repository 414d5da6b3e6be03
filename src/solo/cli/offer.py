"""``offer``: let other models relate to an application.

Source: juju: cmd/juju/crossmodel/offer.go.
"""

from __future__ import annotations

from .. import errors, flags, names
from . import arguments, session, table

COMMAND = table.command(
    'offer',
    '[<model name>.]<application name>:<endpoint name>[,...] [<offer name>]',
    'The offer has the name of the application unless another is given.',
    flags.Flag(('c', 'controller'), help='Controller to operate in'),
)


def run(session: session.Session) -> int:
    """Ask for the offer, and say where it is."""
    if not session.args:
        raise errors.UsageError('an offer must at least specify application endpoint')
    if len(session.args) > 2:
        raise errors.UsageError('an offer can only specify application endpoints and offer name')
    arguments.check_controller(session.flags['controller'])
    given, name = session.parsed.at_most(2)
    model, application, endpoints = _parts(given)
    if name and not names.is_application(name):
        raise errors.UsageError(f'invalid offer name "{name}"')
    result = session.call(
        'offer',
        model=model or session.model,
        application=application,
        endpoints=endpoints,
        name=name,
    )
    listed = ', '.join(endpoints)
    session.say(f'Application "{application}" endpoints [{listed}] available at "{result["url"]}"')
    return 0


def _parts(text: str) -> tuple[str, str, list[str]]:
    """Return model, application and endpoints of ``[model.]application:endpoint[,...]``."""
    parts = text.split(':')
    if len(parts) != 2:
        raise errors.UsageError(
            'endpoints must conform to format "<application-name>:<endpoint-name>[,...]" '
        )
    model, _, application = parts[0].rpartition('.')
    if not names.is_application(application):
        raise errors.UsageError(f'application name "{application}" not valid')
    endpoints = parts[1].split(',')
    if not endpoints[0]:
        raise errors.UsageError(f'specify endpoints for {application}')
    return model.rpartition('/')[2], application, endpoints
