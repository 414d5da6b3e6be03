"""Which space each endpoint of an application is bound to; there is one, ``alpha``.

Source: juju 3.6: state/endpoint_bindings.go; core/network/bindings.go.
"""

from __future__ import annotations

from .. import errors
from ..charm import metadata

SPACE = 'alpha'


def parse(charm: metadata.Charm, text: str) -> dict[str, str]:
    """Return the spaces of ``space endpoint=space …`` by endpoint; '' is the default.

    Raises:
        Error: If there is no such space or endpoint.
    """
    found: dict[str, str] = {}
    for word in text.split():
        endpoint, equals, space = word.rpartition('=')
        if equals and not (charm.endpoint(endpoint) or endpoint in charm.extra_bindings):
            raise errors.Error(f'unknown endpoint "{endpoint}" not valid')
        if space != SPACE:
            raise errors.not_found('space', space)
        found[endpoint] = space
    return found
