"""``ssh-keys``: the keys of the model."""

from __future__ import annotations

import base64
import binascii
import hashlib

from .. import flags
from . import session, table

COMMAND = table.command(
    'ssh-keys', '', '', flags.Flag(('full',), 'bool', help='Show full key instead of fingerprint')
)


def run(session: session.Session) -> int:
    """Print the keys, one on a line."""
    session.parsed.at_most(0)
    keys: list[str] = session.ask('ssh_keys')['keys']
    if not keys:
        session.say('There are no keys in the model.')
        return 0
    shown = keys if session.flags['full'] else [_fingerprint(key) for key in keys]
    session.write('\n'.join(('Keys used in the model:', *shown)) + '\n')
    return 0


def _fingerprint(key: str) -> str:
    _, data, *comment = key.split(None, 2)
    try:
        digest = hashlib.md5(base64.b64decode(data), usedforsecurity=False).hexdigest()
    except binascii.Error:
        return key
    pairs = ':'.join(digest[at : at + 2] for at in range(0, len(digest), 2))
    return f'{pairs} ({comment[0]})' if comment else pairs
