"""What a secret holds: keys and values as an operator or a charm writes them.

Source: juju: core/secrets/createsecret.go.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
from collections.abc import Callable

from . import errors

ID = re.compile(r'^(?:secret:(?://[0-9a-f-]{36}/)?)?([0-9a-z]{20})$')
_KEY = re.compile(r'^([a-z](?:-?[a-z0-9]){2,})$')
_MOST_BYTES = 1024 * 1024


def new_id() -> str:
    """Return an unguessable id for a secret."""
    return ''.join(secrets.choice(string.digits + string.ascii_lowercase) for _ in range(20))


def entry(key: str, value: str, read: Callable[[str], bytes]) -> tuple[str, str]:
    """Return a key and its value, with ``key#base64`` and ``key#file`` resolved.

    Args:
        read: Returns the content of the file that ``key#file`` names.

    Raises:
        UsageError: If key or value is no good.
    """
    name, _, suffix = key.partition('#')
    if not _KEY.match(name):
        raise errors.UsageError(f'key "{name}" not valid')
    if suffix == 'file':
        value = read(value).decode('utf-8', 'surrogateescape')
    elif suffix == 'base64':
        try:
            value = base64.b64decode(value, validate=True).decode('utf-8', 'surrogateescape')
        except binascii.Error as error:
            raise errors.UsageError(f'value of key "{name}" is not base64') from error
    elif suffix:
        raise errors.UsageError(f'key "{key}" not valid')
    if len(value) > _MOST_BYTES:
        raise errors.UsageError(f'secret content for key "{name}" too large: {len(value)} bytes')
    return name, value
