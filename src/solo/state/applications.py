"""Applications: deployed, configured, exposed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, names
from ..charm import metadata
from . import charms, db, relations, units
from . import resources as files
from . import storage as stores


def deploy(
    tx: db.Transaction,
    model: int,
    name: str,
    charm: int,
    *,
    count: int,
    settings: Mapping[str, str],
    to: Sequence[str],
    storage: Mapping[str, Mapping[str, Any]],
    attach: Sequence[str],
    trust: bool,
    constraints: Mapping[str, Any],
    bindings: Mapping[str, str],
    resources: Mapping[str, files.Resource],
    provider: str,
    now: float,
) -> list[str]:
    """Add an application with its units and return their names.

    Args:
        charm: Row of its charm revision.
        settings: Options as text; their types are checked.
        storage: Directives by storage name, as ``storage.directive`` returns them.

    Raises:
        Error: In Juju's words (contract 4.4); nothing is added then.
    """
    if not names.is_application(name):
        raise errors.Error(f'invalid application name "{name}"')
    refuse_taken(tx, model, name)
    read = charms.get(tx, charm)
    if read.subordinate:
        if count != 1 or to:
            raise errors.Error('cannot use --num-units or --to with subordinate application')
        if constraints:
            raise errors.Error('cannot use --constraints with subordinate application')
        count = 0
    stores.check(tx, model, read, storage)
    files.check(read, resources)
    tx.insert(
        'application',
        model=model,
        name=name,
        charm=charm,
        settings=json.dumps(typed(read, settings)),
        trust=trust,
        constraints=json.dumps(dict(constraints)),
        bindings=json.dumps(dict(bindings)),
        storage=json.dumps({key: dict(value) for key, value in storage.items()}),
        resources=files.dumps(resources),
    )
    row = find(tx, model, name)
    relations.add_peers(tx, row, now=now)
    return units.add(tx, row, count=count, to=to, attach=attach, provider=provider, now=now)


def find(tx: db.Transaction, model: int, name: str) -> sqlite3.Row:
    """Return the application's row.

    Raises:
        Error: ``application "x" not found``.
    """
    row = tx.one(
        'SELECT * FROM application WHERE model = ? AND name = ? AND remote IS NULL', model, name
    )
    if row is None:
        raise errors.not_found('application', name)
    return row


def refuse_taken(tx: db.Transaction, model: int, name: str) -> None:
    """Refuse the name of an application, or of an offer that is consumed, for another one.

    Raises:
        Error: ``cannot add application "x": application already exists``.
    """
    row = tx.one('SELECT remote FROM application WHERE model = ? AND name = ?', model, name)
    if row is not None:
        what = 'application' if row['remote'] is None else 'saas application with same name'
        raise errors.Error(
            f'cannot add application "{name}": {what} already exists', 'already exists'
        )


def typed(charm: metadata.Charm, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return options given as text as what the charm declares them to be.

    Raises:
        Error: For an unknown option or a wrong type, in Juju's words.
    """
    found: dict[str, Any] = {}
    for key, text in settings.items():
        option = charm.option(key)
        if option is None:
            raise errors.Error(f'unknown option "{key}"')
        found[key] = metadata.option_value(option, text)
    return found


def config(tx: db.Transaction, row: sqlite3.Row) -> dict[str, Any]:
    """Return every option's value: set, default or None."""
    settings = json.loads(row['settings'])
    return {
        option.name: settings.get(option.name, option.default)
        for option in charms.get(tx, row['charm']).options
    }


def set_config(
    tx: db.Transaction,
    row: sqlite3.Row,
    settings: Mapping[str, str],
    reset: Sequence[str],
) -> None:
    """Set and reset options, all or none.

    Raises:
        Error: For an unknown option or a wrong type, in Juju's words.
    """
    charm = charms.get(tx, row['charm'])
    for key in reset:
        if key in settings:
            raise errors.UsageError(f'cannot set and reset key "{key}" simultaneously')
    trust = row['trust']
    plain = dict(settings)
    if 'trust' in plain:
        trust = plain.pop('trust').lower() == 'true'
    after = {**json.loads(row['settings']), **typed(charm, plain)}
    for key in reset:
        if key == 'trust':
            trust = False
        elif charm.option(key) is None:
            raise errors.Error(f'unknown option "{key}"')
        after.pop(key, None)
    tx.update('application', row['id'], settings=json.dumps(after), trust=trust)
    relations.wake_application(tx, row['id'])


def shown_config(tx: db.Transaction, row: sqlite3.Row) -> dict[str, Any]:
    """Return what ``juju config --format json`` prints (contract 4.4)."""
    charm = charms.get(tx, row['charm'])
    settings = json.loads(row['settings'])
    shown: dict[str, Any] = {}
    for option in charm.options:
        value = settings.get(option.name, option.default)
        entry: dict[str, Any] = {'description': option.description, 'type': option.type}
        if option.type == 'boolean':
            entry['type'] = 'boolean'
        if option.default is not None:
            entry['default'] = option.default
        entry['source'] = (
            'unset' if value is None else 'default' if value == option.default else 'user'
        )
        if value is not None:
            entry['value'] = value
        shown[option.name] = entry
    trust = bool(row['trust'])
    return {
        'application': row['name'],
        'application-config': {
            'trust': {
                'default': False,
                'description': 'Does this application have access to trusted credentials',
                'source': 'user' if trust else 'default',
                'type': 'bool',
                'value': trust,
            }
        },
        'charm': charm.name,
        'settings': shown,
    }


def expose(
    tx: db.Transaction, row: sqlite3.Row, wanted: Sequence[str], cidrs: Sequence[str]
) -> None:
    """Let the world, or *cidrs*, reach the opened ports of all or some endpoints."""
    charm = charms.get(tx, row['charm'])
    for endpoint in wanted:
        if charm.endpoint(endpoint) is None:
            raise errors.Error(f'endpoint "{endpoint}" not found', 'not found')
    exposed: dict[str, list[str]] = json.loads(row['exposed'] or '{}')
    for endpoint in wanted or ('',):
        exposed[endpoint] = list(cidrs) or ['0.0.0.0/0', '::/0']
    tx.update('application', row['id'], exposed=json.dumps(exposed))


def unexpose(tx: db.Transaction, row: sqlite3.Row, wanted: Sequence[str]) -> None:
    """End what :func:`expose` began, for all or some endpoints."""
    exposed: dict[str, list[str]] = json.loads(row['exposed'] or '{}')
    for endpoint in wanted or tuple(exposed):
        exposed.pop(endpoint, None)
    tx.update('application', row['id'], exposed=json.dumps(exposed) if exposed else None)


def lead(tx: db.Transaction, unit: sqlite3.Row, now: float) -> bool:
    """Claim the leadership if it is free; tell whether the unit has it.

    The agents live in the controller, so a lease runs out only while its holder's machine is away.
    """
    if unit['life'] == 'alive' and is_claimable(unit, now):
        tx.update('application', unit['application'], lease_holder=unit['id'], lease_expires=None)
        if unit['lease_holder'] is not None:
            relations.wake_application(tx, unit['application'])
        return True
    return unit['lease_holder'] == unit['id']


def is_claimable(unit: sqlite3.Row, now: float) -> bool:
    """Tell whether nobody leads the unit's application, or another's lease has run out."""
    if unit['lease_holder'] is None:
        return True
    expires = unit['lease_expires']
    return unit['lease_holder'] != unit['id'] and expires is not None and expires <= now


def resign(tx: db.Transaction, unit: sqlite3.Row) -> None:
    """Give the leadership of a dead unit back, for the others to claim."""
    if unit['lease_holder'] == unit['id']:
        tx.update('application', unit['application'], lease_holder=None, lease_expires=None)
        relations.wake_application(tx, unit['application'])
