"""``show-secret``: the facts about one secret."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
from . import session, table

_TIMES = ('created', 'updated', 'expires', 'rotates')
COMMAND = table.command(
    'show-secret',
    '<ID>|<name>',
    '',
    *table.formats('yaml', 'json'),
    flags.Flag(('reveal',), 'bool', help='Reveal secret values'),
    flags.Flag(('revisions',), 'bool', help='Show the secret revisions metadata'),
    flags.Flag(('r', 'revision'), 'int', help='The revision whose value is revealed'),
)


def run(session: session.Session) -> int:
    """Print the secret; what it holds only with ``--reveal``."""
    secret, *_ = session.parsed.at_most(1)
    if not secret:
        raise errors.UsageError('missing secret ID or name')
    if session.flags['revisions'] and session.flags['revision'] is not None:
        raise errors.UsageError('specify either --revisions or --revision but not both')
    if session.flags['revisions'] and session.flags['reveal']:
        raise errors.UsageError('specify either --revisions or --reveal but not both')
    revision = session.flags['revision']
    if revision is not None and revision < 1:
        raise errors.UsageError('revision must be a positive integer')
    found = session.ask(
        'secrets',
        secret=secret,
        reveal=session.flags['reveal'],
        revision=revision or 0,
        revisions=session.flags['revisions'],
    )
    session.write(text(found, session.flags['format']))
    return 0


def text(found: dict[str, dict[str, Any]], style: str) -> str:
    """Return secrets in *style*; in YAML what they hold is inline, and times are times.

    Source: juju: cmd/juju/secrets/list.go (secretValueDetails, secretDisplayDetails).
    """
    if style != 'yaml':
        return formats.text(found, style)
    return formats.yaml({id: _readable(each) for id, each in found.items()})


def _readable(secret: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        key: formats.Moment(value) if key in _TIMES else value for key, value in secret.items()
    }
    if 'content' in secret:
        shown['content'] = secret['content']['Data']
    if 'revisions' in secret:
        shown['revisions'] = [_readable(each) for each in secret['revisions']]
    return shown
