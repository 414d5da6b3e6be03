"""A model as a bundle sees it: what it has, and the file that asks for the same again.

Source: juju: cmd/juju/application/bundle/bundle.go (BuildModelRepresentation),
apiserver/facades/client/bundle/bundle.go.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .. import constraints, errors, formats, names
from ..bundle import present, spec
from ..charm import metadata
from . import applications, charms, db, machines, offers, pools

Json = dict[str, Any]
BASE = f'{machines.BASE["name"]}@{machines.BASE["channel"]}/stable'


def model(tx: db.Transaction, row: int) -> present.Model:
    """Return what the model has."""
    found = tx.all('SELECT * FROM application WHERE model = ? AND remote IS NULL', row)
    return present.Model(
        applications={each['name']: _application(tx, each) for each in found},
        machines=tuple(
            each['name']
            for each in tx.all("SELECT name FROM machine WHERE model = ? AND life = 'alive'", row)
        ),
        relations=_relations(tx, row),
        saas={
            each['name']: each['url']
            for each in tx.all(
                "SELECT * FROM application WHERE model = ? AND remote = 'offer'", row
            )
        },
        next_machine=_next(tx, row, 'machine'),
        next_units={
            each['name'].removeprefix('unit-'): each['next']
            for each in tx.all(
                "SELECT * FROM sequence WHERE model = ? AND name LIKE 'unit-%'", row
            )
        },
    )


def _next(tx: db.Transaction, model: int, name: str) -> int:
    return tx.value('SELECT next FROM sequence WHERE model = ? AND name = ?', model, name) or 0


def _application(tx: db.Transaction, row: sqlite3.Row) -> present.Application:
    charm = charms.get(tx, row['charm'])
    units = () if charm.subordinate else _units(tx, row)
    return present.Application(
        charm=url(tx, row),
        options=json.loads(row['settings']),
        constraints=constraints.text(json.loads(row['constraints'])),
        exposure={
            endpoint: tuple(sorted(cidrs))
            for endpoint, cidrs in json.loads(row['exposed'] or '{}').items()
        },
        units=units,
        subordinate=charm.subordinate,
        offers=offers.offers_of(tx, row['id']),
        base=BASE,
    )


def url(tx: db.Transaction, application: sqlite3.Row) -> str:
    """Return the charm's URL, ``local:name-0``."""
    row = tx.one('SELECT name, revision FROM charm WHERE id = ?', application['charm'])
    assert row is not None, 'an application has a charm'
    return f'local:{row["name"]}-{row["revision"]}'


def _units(tx: db.Transaction, application: sqlite3.Row) -> tuple[present.Unit, ...]:
    return tuple(
        present.Unit(f'{application["name"]}/{each["number"]}', each['name'])
        for each in tx.all(
            'SELECT u.number, m.name FROM unit u JOIN machine m ON m.id = u.machine'
            " WHERE u.application = ? AND u.life = 'alive' ORDER BY u.number",
            application['id'],
        )
    )


def _relations(tx: db.Transaction, model: int) -> frozenset[frozenset[spec.Endpoint]]:
    found: dict[int, set[spec.Endpoint]] = {}
    for each in tx.all(
        'SELECT e.relation, e.endpoint, a.name FROM relation_endpoint e'
        ' JOIN relation r ON r.id = e.relation JOIN application a ON a.id = e.application'
        " WHERE r.model = ? AND e.role != 'peers' AND NOT EXISTS (SELECT 1"
        ' FROM relation_endpoint o JOIN application c ON c.id = o.application'
        " WHERE o.relation = r.id AND c.remote = 'consumer')",
        model,
    ):
        found.setdefault(each['relation'], set()).add(
            spec.Endpoint(each['name'], each['endpoint'])
        )
    return frozenset(map(frozenset, found.values()))


def typed_options(charm: metadata.Charm, name: str, options: Json) -> Json:
    """Return a bundle's options as the charm wants them, so that they can be compared.

    Raises:
        Error: For an unknown option or a wrong type, in Juju's words.
    """
    try:
        return applications.typed(charm, {key: text(value) for key, value in options.items()})
    except errors.Error as error:
        raise errors.Error(f'cannot deploy application "{name}": {error.message}') from None


def text(value: Any) -> str:
    """Return an option's value in YAML as Juju passes it on."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return '' if value is None else str(value)


def export(tx: db.Transaction, row: int, *, defaults: bool) -> str:
    """Return the text of a bundle that asks for what the model is.

    Args:
        tx: A reading transaction.
        row: The model.
        defaults: Whether options have their charm's defaults where nothing was set.

    Raises:
        Error: If it has no application.
    """
    there = model(tx, row)
    if not there.applications:
        raise errors.Error('nothing to export as there are no applications')
    exported: Json = {}
    overlays: Json = {}
    for name in sorted(there.applications, key=names.natural):
        found = applications.find(tx, row, name)
        exported[name] = _exported(tx, found, there.applications[name], defaults=defaults)
        overlay = _overlay(there.applications[name])
        if overlay:
            overlays[name] = overlay
    used = {machine for each in there.applications.values() for machine in each.machines()}
    whole: Json = {
        'default-base': BASE,
        'saas': {name: {'url': url} for name, url in sorted(there.saas.items())},
        'applications': exported,
        'machines': {name: {} for name in sorted(used, key=names.natural)},
        'relations': sorted(sorted(map(str, relation)) for relation in there.relations),
    }
    shown = formats.yaml({key: each for key, each in whole.items() if each}, ordered=True)
    if overlays:
        shown += '--- # overlay.yaml\n' + formats.yaml({'applications': overlays}, ordered=True)
    return shown


def _exported(
    tx: db.Transaction, row: sqlite3.Row, there: present.Application, *, defaults: bool
) -> Json:
    charm = charms.get(tx, row['charm'])
    options = dict(there.options)
    if defaults:
        options = {
            option.name: options.get(option.name, option.default)
            for option in charm.options
            if option.default is not None or option.name in options
        }
    simple = there.exposure == {'': spec.EVERYWHERE}
    whole: Json = {
        'charm': there.charm,
        'num_units': len(there.units),
        'to': list(there.machines()),
        'expose': simple,
        'options': dict(sorted(options.items())),
        'constraints': there.constraints,
        'storage': _storage(json.loads(row['storage'])),
        'bindings': json.loads(row['bindings']),
        'trust': bool(row['trust']),
    }
    return {key: each for key, each in whole.items() if each}


def _storage(directives: Json) -> dict[str, str]:
    """Return directives as text; the pool that is the default here is nobody else's."""
    found: dict[str, str] = {}
    for name, asked in directives.items():
        pool = asked.get('pool', '')
        size = asked.get('size')
        parts = (
            '' if pool == pools.DEFAULT else pool,
            str(asked.get('count', 1)),
            f'{size}M' if size else '',
        )
        found[name] = ','.join(filter(None, parts))
    return found


def _overlay(there: present.Application) -> Json:
    """Return what only a second document may say."""
    found: Json = {}
    if there.exposure and there.exposure != {'': spec.EVERYWHERE}:
        found['exposed-endpoints'] = {
            endpoint: {'expose-to-cidrs': list(cidrs)}
            for endpoint, cidrs in sorted(there.exposure.items())
        }
    if there.offers:
        found['offers'] = {
            name: {'endpoints': list(endpoints), 'acl': {'admin': 'admin'}}
            for name, endpoints in sorted(there.offers.items())
        }
    return found
