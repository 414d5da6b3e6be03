"""Models: a name, settings, and everything in them."""

from __future__ import annotations

import json
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from .. import errors, folders, juju, names
from . import db

PROXIES = ('http', 'https', 'ftp', 'no')
_LOCAL = '127.0.0.1,localhost,::1'
# Juju's defaults; of most a charm notices nothing here, but scripts read and write them.
# Source: juju 3.6: environs/config/config.go (ConfigDefaults).
DEFAULTS: Mapping[str, Any] = {
    **{f'apt-{name}': '' for name in ('ftp-proxy', 'http-proxy', 'https-proxy', 'mirror')},
    **{f'{name}-proxy': '' for name in ('apt-no', 'ftp', 'http', 'https', 'snap-http')},
    **{f'juju-{name}-proxy': '' for name in ('ftp', 'http', 'https')},
    'agent-stream': 'released',
    'agent-version': juju.JUJU_VERSION,
    'automatically-retry-hooks': True,
    'charmhub-url': 'https://api.charmhub.io',
    'cloudinit-userdata': '',
    'default-base': '',
    'default-space': '',
    'development': False,
    'disable-network-management': False,
    'disable-telemetry': False,
    'egress-subnets': '',
    'enable-os-refresh-update': True,
    'enable-os-upgrade': True,
    'firewall-mode': 'instance',
    'ignore-machine-addresses': False,
    'image-stream': 'released',
    'juju-no-proxy': _LOCAL,
    'logging-config': '<root>=INFO',
    'max-action-results-age': '336h',
    'max-action-results-size': '5G',
    'mode': '',
    'no-proxy': _LOCAL,
    'provider': 'local',
    'provisioner-harvest-mode': 'destroyed',
    'proxy-ssh': False,
    'resource-tags': '',
    'secret-backend': 'auto',
    'snap-https-proxy': '',
    'ssl-hostname-verification': True,
    'test-mode': False,
    'transmit-vendor-metrics': True,
    'update-status-hook-interval': '5m',
}


def ensure_default(tx: db.Transaction, settings: Mapping[str, Any], *, now: float) -> None:
    """Make the model ``default`` in a database that never had a model."""
    if tx.value("SELECT value FROM meta WHERE key = 'current-model'") is None:
        add(tx, 'default', settings, now=now)
        switch(tx, 'default')


def set_defaults(tx: db.Transaction, settings: Mapping[str, Any]) -> None:
    """Let every model that is added from now on have *settings*, unless told otherwise."""
    after = {**_defaults(tx), **settings}
    tx.execute(
        "INSERT INTO meta VALUES ('model-defaults', ?)"
        ' ON CONFLICT DO UPDATE SET value = excluded.value',
        json.dumps(after),
    )


def _defaults(tx: db.Transaction) -> dict[str, Any]:
    return json.loads(tx.value("SELECT value FROM meta WHERE key = 'model-defaults'") or '{}')


def add(tx: db.Transaction, name: str, config: Mapping[str, Any], *, now: float) -> sqlite3.Row:
    """Add a model.

    Raises:
        Error: If the name is no good or taken, in Juju's words.
    """
    if not names.is_model(name):
        raise errors.Error(
            f'"{name}" is not a valid name: model names may only contain lowercase letters, '
            'digits and hyphens'
        )
    if tx.one('SELECT 1 FROM model WHERE name = ?', name):
        raise errors.Error(
            f'failed to create new model: model "{name}" for admin already exists',
            'already exists',
        )
    # Version 4, from the source of randomness that secrets use.
    identity = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    settings = {**_defaults(tx), **config}
    tx.insert('model', name=name, uuid=identity, config=json.dumps(settings), created=now)
    return get(tx, name)


def get(tx: db.Transaction, name: str = '') -> sqlite3.Row:
    """Return the model's row; '' is the current one. ``controller:admin/name`` is understood.

    Raises:
        Error: ``model … not found``.
    """
    if not name:
        name = current(tx)
        if not name:
            raise errors.Error(
                'No selected model.\n\nUse "solo switch" to select one, or "solo add-model"'
            )
    short = name.rpartition(':')[2].rpartition('/')[2]
    row = tx.one('SELECT * FROM model WHERE name = ? OR uuid = ?', short, short)
    if row is None:
        raise errors.Error(
            f'model {folders.controller_name()}:admin/{short} not found', 'not found'
        )
    return row


def current(tx: db.Transaction) -> str:
    """Return the current model's name, '' when none is."""
    name = tx.value("SELECT value FROM meta WHERE key = 'current-model'") or ''
    return name if tx.one('SELECT 1 FROM model WHERE name = ?', name) else ''


def switch(tx: db.Transaction, name: str) -> None:
    """Make *name* the current model."""
    tx.execute(
        "INSERT INTO meta VALUES ('current-model', ?)"
        ' ON CONFLICT DO UPDATE SET value = excluded.value',
        name,
    )


def provider(row: sqlite3.Row) -> str:
    """Return the kind of machines that the model has."""
    return {**DEFAULTS, **config(row)}['provider']


def proxies(row: sqlite3.Row) -> dict[str, str]:
    """Return the proxies that hooks are told of, by the name of the setting."""
    settings = {**DEFAULTS, **config(row)}
    keys = [f'{of}{kind}-proxy' for of in ('', 'juju-') for kind in PROXIES]
    found = {key: str(settings[key]) for key in keys}
    if not (found['http-proxy'] or found['https-proxy'] or found['ftp-proxy']):
        found['no-proxy'] = config(row).get('no-proxy', '')
    return found


def config(row: sqlite3.Row) -> dict[str, Any]:
    """Return the settings that were set, typed as the defaults are."""
    return json.loads(row['config'])
