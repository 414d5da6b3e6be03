"""Resources of applications: which file each is now, and what ``juju resources`` says of them.

The files themselves lie in the data directory, named by their digests; see
``controller/resources.py``.

Source: juju: cmd/juju/resource/formatted.go, core/resource/resource.go.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .. import errors
from ..charm import metadata
from . import charms, db, relations


class Resource(NamedTuple):
    """A file that was uploaded.

    Attributes:
        digest: SHA-384 of its content, in hexadecimal: its name among our files.
        size: In bytes.
        filename: What it was called where it came from.
        time: When it was uploaded, seconds since the epoch.
    """

    digest: str
    size: int
    filename: str
    time: float


def check(charm: metadata.Charm, given: Mapping[str, Any]) -> None:
    """Refuse what the charm doesn't declare.

    Raises:
        Error: ``unrecognized resource "x"``.
    """
    for name in given:
        if name not in charm.resources:
            raise errors.Error(f'unrecognized resource "{name}"')


def dumps(given: Mapping[str, Resource]) -> str:
    """Return what is stored of an application's resources."""
    return json.dumps({name: resource._asdict() for name, resource in given.items()})


def of(application: sqlite3.Row) -> dict[str, Resource]:
    """Return the application's resources by name."""
    saved: dict[str, dict[str, Any]] = json.loads(application['resources'])
    return {name: Resource(**each) for name, each in saved.items()}


def attach(tx: db.Transaction, application: sqlite3.Row, given: Mapping[str, Resource]) -> None:
    """Replace resources; every unit then runs ``upgrade-charm`` (contract 2.8).

    Raises:
        Error: If the charm doesn't declare one.
    """
    check(charms.get(tx, application['charm']), given)
    tx.update(
        'application',
        application['id'],
        resources=dumps({**of(application), **given}),
        charm_modified=application['charm_modified'] + 1,
    )
    relations.wake_application(tx, application['id'])


def digests(tx: db.Transaction) -> frozenset[str]:
    """Return the digests of all files that any application has."""
    return frozenset(
        resource.digest
        for row in tx.all('SELECT * FROM application')
        for resource in of(row).values()
    )


def shown(charm: metadata.Charm, application: sqlite3.Row) -> list[dict[str, Any]]:
    """Return what ``juju resources --format json`` lists, in the order of names."""
    found: list[dict[str, Any]] = []
    for name, resource in sorted(of(application).items()):
        declared = charm.resources.get(name, {})
        uploaded = datetime.fromtimestamp(resource.time, timezone.utc)
        found.append(
            {
                'resourceid': f'{application["name"]}/{name}',
                'applicationid': application['name'],
                'name': name,
                'type': str(declared.get('type') or 'file'),
                'path': str(declared.get('filename') or ''),
                'description': str(declared.get('description') or ''),
                'revision': uploaded.strftime('%Y-%m-%dT%H:%M'),
                'fingerprint': resource.digest,
                'size': resource.size,
                'origin': 'upload',
                'used': True,
                'timestamp': uploaded.strftime('%Y-%m-%dT%H:%M:%SZ'),
                'username': 'admin',
            }
        )
    return found
