"""The names of the hooks that a charm can have.

Source: juju: domain/deployment/charm/hooks/hooks.go, domain/deployment/charm/meta.go (Hooks).
"""

from __future__ import annotations

from . import metadata

UNIT = (
    *('install', 'start', 'stop', 'remove', 'config-changed', 'upgrade-charm', 'update-status'),
    *('leader-elected', 'leader-settings-changed', 'collect-metrics'),
    *('secret-changed', 'secret-rotate', 'secret-expired', 'secret-remove'),
)
_RELATION = ('created', 'joined', 'changed', 'departed', 'broken')
_STORAGE = ('attached', 'detaching')


def of(charm: metadata.Charm) -> tuple[str, ...]:
    """Return the names of all hooks that Juju could run for *charm*, sorted."""
    endpoints = {'juju-info', *(endpoint.name for endpoint in charm.endpoints)}
    found = {
        *UNIT,
        *(f'{name}-relation-{kind}' for name in endpoints for kind in _RELATION),
        *(f'{each.name}-storage-{kind}' for each in charm.storage for kind in _STORAGE),
    }
    return tuple(sorted(found))
