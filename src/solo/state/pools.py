"""Storage pools: where the data of an instance lie, and whether they outlive their unit.

Source: juju: storage/poolmanager, cmd/juju/storage/poolcreate.go, poollist.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from .. import errors, names
from . import db

# Scripts for Juju name the pools of LXD and of every machine; what they keep, and for how long,
# is the same here, but all are folders.
Provider = Literal['folders', 'loop', 'lxd', 'rootfs', 'tmpfs']
DEFAULT = 'folders'
PROVIDERS: tuple[Provider, ...] = ('folders', 'loop', 'lxd', 'rootfs', 'tmpfs')


class Pool(NamedTuple):
    """A pool.

    Attributes:
        name: What the operator writes; a path is the pool of folders below it.
        provider: ``folders`` and ``lxd`` keep data for ever; those of ``rootfs`` and ``loop`` go
            with the unit's machine, and those of ``tmpfs`` lie in memory.
        path: Where a pool of folders lies; '' is the data directory.
        attributes: What ``storage-pools`` shows beside the provider.
    """

    name: str
    provider: Provider
    path: str = ''
    attributes: Mapping[str, str] = MappingProxyType({})

    @property
    def persistent(self) -> bool:
        """Whether an instance outlives its unit."""
        return self.provider in ('folders', 'lxd')


def find(tx: db.Transaction, model: int, name: str) -> Pool:
    """Return the pool of that name, '' for the default.

    Raises:
        Error: ``pool "x" not found``.
    """
    name = name or DEFAULT
    if name.startswith('/'):
        return Pool(name, 'folders', name.rstrip('/') or '/')
    if name in PROVIDERS:
        return Pool(name, name)
    row = tx.one('SELECT * FROM pool WHERE model = ? AND name = ?', model, name)
    if row is None:
        raise errors.Error(
            f'pool "{name}" not found; "solo storage-pools" lists them, and a path such as '
            '"/srv/data" is one, too',
            'not found',
        )
    attributes: dict[str, str] = json.loads(row['attributes'])
    return Pool(name, row['provider'], attributes.get('path', ''), attributes)


def all_of(tx: db.Transaction, model: int) -> list[Pool]:
    """Return every pool of the model that has a name, in their order."""
    made = [row['name'] for row in tx.all('SELECT name FROM pool WHERE model = ?', model)]
    return [find(tx, model, name) for name in sorted((*PROVIDERS, *made))]


def create(
    tx: db.Transaction, model: int, name: str, provider: str, attributes: Mapping[str, str]
) -> None:
    """Add a pool.

    Raises:
        Error: If the name is taken or no good, or the provider can't do that.
    """
    if not names.is_application(name):
        raise errors.Error(f'pool name "{name}" not valid')
    if name in PROVIDERS or tx.one('SELECT 1 FROM pool WHERE model = ? AND name = ?', model, name):
        raise errors.Error(f'cannot create pool "{name}": pool already exists', 'already exists')
    if provider not in PROVIDERS:
        raise errors.Error(
            f'storage provider "{provider}" not found; there are {", ".join(PROVIDERS)}',
            'not found',
        )
    path = attributes.get('path', '') if provider == 'folders' else ''
    if path and not path.startswith('/'):
        raise errors.Error(f'cannot create pool "{name}": path "{path}" is not absolute')
    tx.insert(
        'pool',
        model=model,
        name=name,
        provider=provider,
        attributes=json.dumps(dict(attributes)),
    )


def remove(tx: db.Transaction, model: int, name: str) -> None:
    """Forget a pool that no instance and no application is to use any more.

    Raises:
        Error: If it is in use, built in, or not there.
    """
    if name in PROVIDERS:
        raise errors.Error(f'cannot remove pool "{name}": it comes with every model')
    find(tx, model, name)
    wanted = [
        row['storage'] for row in tx.all('SELECT storage FROM application WHERE model = ?', model)
    ]
    directives = [each for text in wanted for each in json.loads(text).values()]
    if tx.one('SELECT 1 FROM storage WHERE model = ? AND pool = ?', model, name) or any(
        each.get('pool') == name for each in directives
    ):
        raise errors.Error(f'cannot remove pool "{name}": storage pool "{name}" in use')
    tx.execute('DELETE FROM pool WHERE model = ? AND name = ?', model, name)
