"""``expose``: let the network reach an application's opened ports."""

from __future__ import annotations

import ipaddress
import time

from .. import errors, flags
from . import arguments, session, table

COMMAND = table.command(
    'expose',
    '<application name>',
    '',
    flags.Flag(('endpoints',), help='Expose only the ports of these endpoints'),
    flags.Flag(('to-cidrs',), help='Only from these networks, separated by commas'),
    flags.Flag(('to-spaces',), help='Accepted for Juju: there is one space, alpha'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the exposure."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application name specified')
    cidrs = arguments.comma_list(session.flags['to-cidrs'])
    for cidr in cidrs:
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            raise errors.UsageError(f'cannot parse "{cidr}": invalid CIDR address') from None
    spaces = [name for name in arguments.comma_list(session.flags['to-spaces']) if name != 'alpha']
    if spaces:
        raise errors.not_found('space', spaces[0])
    started = time.time()
    session.ask(
        'expose',
        application=application,
        endpoints=arguments.comma_list(session.flags['endpoints']),
        cidrs=cidrs,
    )
    return session.wait(application, since=started)
