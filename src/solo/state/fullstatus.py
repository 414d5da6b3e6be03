"""The whole of ``juju status --format json``, read from the tables.

Keys that start with ``_`` are for the tabular format only and never printed.

Source: juju: cmd/juju/status/formatted.go, apiserver/facades/client/client/status.go.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .. import folders, formats, juju, names
from ..charm import metadata
from . import charms, db, fulloffers, fullstorage

Json = dict[str, Any]

_LOST = 'agent lost, see `juju debug-logs` or `juju show-status-log` for more information'
_MEMORY = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 1024**2
_HARDWARE = f'arch={juju.ARCHITECTURE} cores={os.cpu_count()} mem={_MEMORY}M'
# Which unit's status becomes its application's. Source: juju: core/status/status.go.
_SEVERITY = {
    'error': 100,
    'blocked': 90,
    'maintenance': 80,
    'waiting': 70,
    'active': 60,
    'terminated': 50,
    'unknown': 40,
}


def status(tx: db.Transaction, model: int, *, now: float, utc: bool = False) -> Json:
    """Return the status of the model with row id *model*.

    Args:
        tx: A reading transaction.
        model: The model's row id.
        now: Seconds since the epoch, shown as the controller's timestamp.
        utc: Whether times are printed as UTC.
    """
    return _Reader(tx, model, utc).status(now)


def application_status(tx: db.Transaction, application: int) -> Json:
    """Return an application's ``status``, ``message``, ``data``, ``since``, and its ``units``'."""
    row = tx.one('SELECT * FROM application WHERE id = ?', application)
    assert row is not None, 'the caller has looked the application up'
    units: Json = {}
    worst: Json = {'status': 'unknown', 'message': '', 'data': {}, 'since': None}
    for unit in tx.all('SELECT * FROM unit WHERE application = ? ORDER BY number', application):
        current, message, since, *_ = display(unit)
        entry = {
            'status': current,
            'message': message,
            'data': json.loads(unit['workload_data']),
            'since': since,
        }
        units[f'{row["name"]}/{unit["number"]}'] = entry
        if _SEVERITY.get(current, 0) > _SEVERITY.get(worst['status'], 0):
            worst = entry
    own = worst
    if row['status']:
        own = {
            'status': row['status'],
            'message': row['status_message'] or '',
            'data': json.loads(row['status_data'] or '{}'),
            'since': row['status_since'],
        }
    return {**own, 'units': units}


def display(unit: sqlite3.Row) -> tuple[str, str, float, str, str]:
    """Return how a unit's row is shown: workload, its message and since, agent, its message.

    An agent in error shows as a workload in error; the charm's own last status comes back after
    the resolution. Source: juju: domain/status/service/status.go.
    """
    workload, message, since = (
        unit['workload_status'],
        unit['workload_message'],
        unit['workload_since'],
    )
    agent, doing = unit['agent_status'], unit['agent_message']
    if agent == 'error':
        return 'error', doing, unit['agent_since'], 'idle', ''
    if agent == 'lost' and workload not in ('error', 'terminated'):
        return 'unknown', _LOST, unit['agent_since'], agent, doing
    return workload, message, since, agent, doing


class _Reader:
    """Everything of one model, read once, so that 100 units cost a handful of statements."""

    def __init__(self, tx: db.Transaction, model: int, utc: bool) -> None:
        self._utc = utc
        self._model = tx.one('SELECT * FROM model WHERE id = ?', model)
        self._machines = tx.all('SELECT * FROM machine WHERE model = ?', model)
        self._applications = tx.all(
            'SELECT a.*, c.name AS charm_name, c.revision, c.version AS charm_version'
            ' FROM application a JOIN charm c ON c.id = a.charm'
            ' WHERE a.model = ? AND a.remote IS NULL',
            model,
        )
        self._units: defaultdict[int, list[Any]] = defaultdict(list)
        self._principals: defaultdict[int, list[Any]] = defaultdict(list)
        for row in tx.all(
            'SELECT u.*, a.name AS application_name, a.lease_holder FROM unit u'
            ' JOIN application a ON a.id = u.application WHERE a.model = ? ORDER BY u.number',
            model,
        ):
            self._units[row['application']].append(row)
            if row['principal'] is not None:
                self._principals[row['principal']].append(row)
        self._ports = _ports(tx, model)
        self._ends: defaultdict[int, list[Any]] = defaultdict(list)
        for row in tx.all(
            'SELECT e.relation, e.endpoint, e.role, e.application, a.name, r.number, r.interface,'
            ' r.scope, r.life, r.suspended, r.reason, a.life AS application_life,'
            " (SELECT count(*) FROM relation_unit u WHERE u.relation = r.id AND u.scope = 'in')"
            ' AS members FROM relation_endpoint e JOIN relation r ON r.id = e.relation'
            ' JOIN application a ON a.id = e.application WHERE r.model = ?'
            # A relation that came by an offer shows among the offers.
            ' AND r.offer IS NULL ORDER BY r.number, e.role',
            model,
        ):
            self._ends[row['relation']].append(row)
        self._offers = fulloffers.status(tx, model, self._info)
        self._storage = fullstorage.storage(tx, model, utc=utc)
        self._addresses = {row['id']: row['address'] for row in self._machines}
        self._machine_names = {row['id']: row['name'] for row in self._machines}
        self._charms = {row['id']: charms.get(tx, row['charm']) for row in self._applications}

    def status(self, now: float) -> Json:
        found: Json = {
            'model': self._model_status(),
            'machines': {
                row['name']: self._machine(row)
                for row in sorted(self._machines, key=lambda row: names.natural(row['name']))
            },
            'applications': {
                row['name']: self._application(row)
                for row in sorted(self._applications, key=lambda row: names.natural(row['name']))
            },
        }
        found.update(self._offers)
        found['storage'] = self._storage
        found['controller'] = {'timestamp': self._time(now).split(' ')[-1]}
        found['_relations'] = [self._relation(ends) for ends in self._ends.values()]
        return found

    def _time(self, seconds: float) -> str:
        return formats.status_time(seconds, utc=self._utc)

    def _info(self, current: str, message: str, since: float | None, **more: str) -> Json:
        info: Json = {'current': current}
        if message:
            info['message'] = message
        if since is not None:
            info['since'] = self._time(since)
        info.update({key: value for key, value in more.items() if value})
        return info

    def _model_status(self) -> Json:
        row = self._model
        assert row is not None, 'the caller has looked the model up'
        current = 'available' if row['life'] == 'alive' else 'destroying'
        return {
            'name': row['name'],
            'type': 'iaas',
            'controller': folders.controller_name(),
            'cloud': juju.CLOUD,
            'region': juju.CLOUD,
            'version': juju.JUJU_VERSION,
            'model-status': self._info(current, '', row['created']),
            'sla': 'unsupported',
        }

    def _machine(self, row: Any) -> Json:
        address, up = row['address'], row['status'] in ('started', 'down')
        machine: Json = {
            'juju-status': self._info(
                row['status'],
                row['message'] if row['status'] == 'down' else '',
                row['since'],
                version=juju.JUJU_VERSION if up else '',
                life='' if row['life'] == 'alive' else row['life'],
            )
        }
        if address:
            machine.update({'dns-name': address, 'ip-addresses': [address]})
        assert self._model is not None
        instance = f'juju-{self._model["uuid"][-6:]}-{row["name"]}'
        if up:
            machine['hostname'] = os.uname().nodename if row['provider'] == 'local' else instance
            machine['hardware'] = _HARDWARE
        machine.update(
            {
                'instance-id': instance,
                'machine-status': self._info(
                    'running' if up else row['status'],
                    '' if up else row['message'],
                    row['since'],
                ),
                'modification-status': self._info('idle', '', row['since']),
            }
        )
        base = _base(row['base'])
        if base:
            machine['base'] = base
        if address:
            machine['network-interfaces'] = {
                'lo' if row['provider'] == 'local' else 'eth0': {
                    'ip-addresses': [address],
                    'mac-address': '',
                    'space': 'alpha',
                    'is-up': True,
                }
            }
        return machine

    def _application(self, row: Any) -> Json:
        charm = self._charms[row['id']]
        units = self._units[row['id']]
        found: Json = {'charm': f'local:{row["charm_name"]}-{row["revision"]}'}
        base = self._application_base(units)
        if base:
            found['base'] = base
        found.update(
            {
                'charm-origin': 'local',
                'charm-name': row['charm_name'],
                'charm-rev': row['revision'],
            }
        )
        if row['charm_version']:
            found['charm-version'] = row['charm_version']
        found['exposed'] = row['exposed'] is not None
        if row['life'] != 'alive':
            found['life'] = row['life']
        found['application-status'] = self._application_status(row, units)
        relations = self._relations_of(row)
        if relations:
            found['relations'] = relations
        if charm.subordinate:
            found['subordinate-to'] = self._principals_of(row)
        elif units:
            found['units'] = {
                f'{row["name"]}/{unit["number"]}': self._unit(unit) for unit in units
            }
        if row['version']:
            found['version'] = row['version']
        found['endpoint-bindings'] = _bindings(charm, json.loads(row['bindings']))
        return found

    def _application_base(self, units: list[Any]) -> Json:
        """Return the base of the application's machine: a local charm runs on the host's."""
        placed = {unit['machine'] for unit in units}
        rows = [row for row in self._machines if row['id'] in placed] or self._machines
        return _base(rows[0]['base']) if rows else {}

    def _application_status(self, row: Any, units: list[Any]) -> Json:
        if row['status'] is not None:
            return self._info(row['status'], row['status_message'] or '', row['status_since'])
        if not units:
            if self._charms[row['id']].subordinate or row['life'] != 'alive':
                return self._info('unknown', '', None)
            return self._info('waiting', 'waiting for machine', None)
        shown = [display(unit) for unit in units]
        current, message, since, *_ = max(shown, key=lambda each: _SEVERITY.get(each[0], 0))
        return self._info(current, message, since)

    def _unit(self, row: Any) -> Json:
        workload, message, since, agent, doing = display(row)
        life = '' if row['life'] == 'alive' else row['life']
        found: Json = {
            'workload-status': self._info(workload, message, since),
            'juju-status': self._info(
                agent,
                doing,
                row['agent_since'],
                version='' if agent == 'allocating' else juju.JUJU_VERSION,
                life=life,
            ),
        }
        if row['lease_holder'] == row['id']:
            found['leader'] = True
        if row['machine'] is not None and row['principal'] is None:
            found['machine'] = self._machine_names[row['machine']]
        if self._ports[row['id']]:
            found['open-ports'] = self._ports[row['id']]
        address = self._addresses.get(row['machine'])
        if address:
            found['public-address'] = address
        subordinates = self._principals[row['id']]
        if subordinates:
            found['subordinates'] = {
                f'{each["application_name"]}/{each["number"]}': self._unit(each)
                for each in subordinates
            }
        return found

    def _relations_of(self, row: Any) -> Json:
        found: Json = {}
        for ends in self._ends.values():
            mine = next((end for end in ends if end['application'] == row['id']), None)
            if mine is None:
                continue
            other = next((end for end in ends if end['application'] != row['id']), mine)
            found.setdefault(mine['endpoint'], []).append(
                {
                    'related-application': other['name'],
                    'interface': mine['interface'],
                    'scope': mine['scope'],
                }
            )
        return found

    def _principals_of(self, row: Any) -> list[str]:
        return sorted(
            end['name']
            for ends in self._ends.values()
            if ends[0]['scope'] == 'container'
            and any(end['application'] == row['id'] for end in ends)
            for end in ends
            if end['application'] != row['id']
        )

    def _relation(self, ends: list[Any]) -> Json:
        provider = next((end for end in ends if end['role'] != 'requires'), ends[0])
        requirer = next((end for end in ends if end['role'] == 'requires'), provider)
        if provider['role'] == 'peers':
            kind = 'peer'
        else:
            kind = 'subordinate' if provider['scope'] == 'container' else 'regular'
        if provider['life'] != 'alive':
            state = 'broken'
        elif provider['suspended']:
            state = 'suspended'
        else:
            state = 'joined' if provider['members'] else 'joining'
        return {
            'id': provider['number'],
            'provider': f'{provider["name"]}:{provider["endpoint"]}',
            'requirer': f'{requirer["name"]}:{requirer["endpoint"]}',
            'interface': provider['interface'],
            'type': kind,
            'status': state,
            'message': provider['reason'],
        }


def _ports(tx: db.Transaction, model: int) -> defaultdict[int, list[str]]:
    """Return the opened ports by unit: ``80/tcp``, ``8000-8010/udp``, sorted, each once."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in tx.all(
        'SELECT DISTINCT p.unit, p.first, p.last, p.protocol FROM port p'
        ' JOIN unit u ON u.id = p.unit JOIN application a ON a.id = u.application'
        ' WHERE a.model = ? ORDER BY p.protocol, p.first, p.last',
        model,
    ):
        first, last, protocol = row['first'], row['last'], row['protocol']
        if protocol == 'icmp':
            found[row['unit']].append(protocol)
        else:
            span = f'{first}' if first == last else f'{first}-{last}'
            found[row['unit']].append(f'{span}/{protocol}')
    return found


def _base(text: str) -> Json:
    """Return a base as status shows it: without the channel's risk."""
    base: Json = json.loads(text)
    if not base.get('name'):
        return {}
    return {'name': base['name'], 'channel': str(base.get('channel', '')).partition('/')[0]}


def _bindings(charm: metadata.Charm, bound: Mapping[str, str]) -> dict[str, str]:
    """Return the space of every endpoint; ``''`` is the default."""
    default = bound.get('', 'alpha')
    endpoints = sorted([*(each.name for each in charm.endpoints), *charm.extra_bindings])
    return {'': default, **{name: bound.get(name, default) for name in endpoints}}
