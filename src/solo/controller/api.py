"""What an agent may ask, answered from the database: ``agent.api.Api`` over ``state``."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import errors, formats, model, names
from ..state import (
    applications,
    charms,
    codec,
    commit,
    db,
    fullstatus,
    goal,
    logs,
    machines,
    models,
    network,
    operations,
    relations,
    removal,
    secretevents,
    secretreaders,
    secrets,
    snapshot,
    statuslog,
    storage,
    twins,
    units,
)
from ..state import resources as files
from . import resources


class AgentApi:
    """Each method is one transaction; see ``agent.api.Api`` for what they promise."""

    def __init__(self, database: db.Database, data: Path) -> None:
        self._database = database
        self._data = data
        # Reboots a machine for real, if it is one that can be; tells whether it will.
        self.reboots: Callable[[int], bool] = lambda _: False

    # -- the unit's life -----------------------------------------------------------------------
    def unit(self, unit: int) -> model.Unit:
        with self._database.read() as tx:
            row = units.row(tx, unit)
            settings = tx.one('SELECT * FROM model WHERE id = ?', row['model'])
            machine = tx.one('SELECT * FROM machine WHERE id = ?', row['machine'])
            assert settings is not None and machine is not None
            principal = units.row(tx, row['principal'])['name'] if row['principal'] else ''
            return model.Unit(
                id=unit,
                name=row['name'],
                model=settings['name'],
                model_uuid=settings['uuid'],
                machine=machine['name'],
                machine_key=machines.key(tx, row['machine']),
                principal=principal,
                address=machine['address'],
            )

    def proxies(self, unit: int) -> Mapping[str, str]:
        with self._database.read() as tx:
            settings = tx.one('SELECT * FROM model WHERE id = ?', units.row(tx, unit)['model'])
            assert settings is not None
            return models.proxies(settings)

    def snapshot(self, unit: int) -> tuple[model.LocalState, model.Snapshot]:
        with self._database.read() as tx:
            row = units.row(tx, unit)
            if row['life'] != 'alive' or not applications.is_claimable(row, time.time()):
                return snapshot.read(tx, unit, time.time())
        with self._database.write() as tx:
            applications.lead(tx, units.row(tx, unit), time.time())
            return snapshot.read(tx, unit, time.time())

    def running(self, unit: int) -> model.Running | None:
        with self._database.read() as tx:
            text = units.row(tx, unit)['running']
        return None if text is None else codec.running_from_json(text)

    def begin(self, unit: int, running: model.Running, agent_status: str, message: str) -> None:
        with self._database.write() as tx:
            tx.update('unit', unit, running=codec.running_to_json(running))
            if agent_status:
                units.set_agent_status(tx, unit, agent_status, message, {}, time.time())

    def commit(
        self,
        unit: int,
        local: model.LocalState,
        writes: model.Writes,
        *,
        status: tuple[str, str] | None = None,
        finished: model.Finished | None = None,
    ) -> None:
        now = time.time()
        with self._database.write() as tx:
            row = units.row(tx, unit)
            before = codec.local_from_json(row['local'])
            commit.commit(tx, unit, local, writes, now=now)
            if status is not None:
                units.set_status(tx, unit, *status, {}, now)
            if finished is not None:
                operations.finish(
                    tx,
                    finished.task,
                    finished.status,
                    finished.message,
                    finished.results,
                    now=now,
                )
            hook = before.pending or before.queued
            if row['running'] is not None:
                hook = codec.running_from_json(row['running']).hook or hook
            if hook is not None and hook.secret is not None:
                secretevents.rotated(tx, row['model'], hook, now=now)
            if local.started and row['update_status_at'] is None:
                _start_timer(tx, row, now)

    def save(self, unit: int, local: model.LocalState) -> None:
        with self._database.write() as tx:
            commit.save(tx, unit, local)

    def agent_status(self, unit: int, status: str, message: str, data: Mapping[str, Any]) -> None:
        with self._database.read() as tx:
            row = units.row(tx, unit)
            if (row['agent_status'], row['agent_message']) == (status, message):
                return
        with self._database.write() as tx:
            units.set_agent_status(tx, unit, status, message, data, time.time())

    def enter_scope(self, unit: int, relation: int) -> None:
        with self._database.write() as tx:
            row = units.row(tx, unit)
            relations.enter_scope(tx, row, relation, network.default_bag(tx, row), now=time.time())

    def leave_scope(self, unit: int, relation: int) -> None:
        with self._database.write() as tx:
            row = units.row(tx, unit)
            number = relations.by_number(tx, row['model'], relation)['id']
            relations.leave_scope(tx, row['name'], number)
            removal.sweep(tx)

    def storage_detached(self, unit: int, storage_name: str) -> None:
        with self._database.write() as tx:
            storage.detach(tx, units.row(tx, unit), storage_name, now=time.time())

    def clear_resolved(self, unit: int) -> None:
        with self._database.write() as tx:
            tx.update('unit', unit, resolved=None)

    def update_status_ran(self, unit: int) -> None:
        with self._database.write() as tx:
            _start_timer(tx, units.row(tx, unit), time.time())

    def next_wake(self, unit: int, after: float) -> float | None:
        with self._database.read() as tx:
            row = units.row(tx, unit)
            times = [row['update_status_at'], codec.local_from_json(row['local']).retry_at]
            if row['life'] == 'alive' and row['lease_holder'] != unit:
                times.append(row['lease_expires'])
            for secret in secrets.managed(tx, row):
                times += [secret.expires, secret.rotates]
        return min(
            (moment for moment in times if moment is not None and moment > after), default=None
        )

    def reboot(self, unit: int) -> None:
        with self._database.read() as tx:
            machine = machines.row(tx, units.row(tx, unit)['machine'])
        if self.reboots(machine['id']):
            return
        with self._database.write() as tx:
            machines.reboot(tx, machine['id'])

    def remove(self, unit: int) -> None:
        with self._database.write() as tx:
            removal.unit_gone(tx, units.row(tx, unit), now=time.time())

    # -- charm ---------------------------------------------------------------------------------
    def charm_folder(self, charm: int) -> Path:
        with self._database.read() as tx:
            return charms.folder(tx, charm)

    def charm_revision(self, charm: int) -> int:
        with self._database.read() as tx:
            return tx.value('SELECT revision FROM charm WHERE id = ?', charm)

    # -- reads of a hook's context -------------------------------------------------------------
    def config(self, unit: int) -> Mapping[str, Any]:
        with self._database.read() as tx:
            return applications.config(tx, _application(tx, unit))

    def endpoints(self, unit: int) -> Mapping[str, model.Role]:
        with self._database.read() as tx:
            charm = charms.get(tx, units.row(tx, unit)['charm'])
        bindings: dict[str, model.Role] = dict.fromkeys(charm.extra_bindings, 'requires')
        return {**bindings, **{end.name: end.role for end in charm.endpoints}}

    def payloads(self, unit: int) -> Mapping[str, str]:
        with self._database.read() as tx:
            return charms.get(tx, units.row(tx, unit)['charm']).payloads

    def bag(self, unit: int, relation: int, member: str) -> Mapping[str, str]:
        with self._database.read() as tx:
            return relations.bag(tx, units.row(tx, unit), relation, member)

    def remote_model_uuid(self, unit: int, relation: int) -> str:
        with self._database.read() as tx:
            row = units.row(tx, unit)
            found = relations.by_number(tx, row['model'], relation)
            twin = twins.other(tx, found['id'])
            return tx.value('SELECT uuid FROM model WHERE id = ?', (twin or found)['model'])

    def is_leader(self, unit: int) -> bool:
        with self._database.read() as tx:
            return units.row(tx, unit)['lease_holder'] == unit

    def leader_settings(self, unit: int) -> Mapping[str, str]:
        with self._database.read() as tx:
            return json.loads(_application(tx, unit)['leader_settings'])

    def leader_set(self, unit: int, settings: Mapping[str, str]) -> None:
        with self._database.write() as tx:
            application = _application(tx, unit)
            if application['lease_holder'] != unit:
                raise errors.Error(
                    'cannot write leadership settings: cannot write settings: not the leader'
                )
            merged = {**json.loads(application['leader_settings']), **settings}
            kept = {key: value for key, value in merged.items() if value}
            tx.update(
                'application',
                application['id'],
                leader_settings=json.dumps(kept, sort_keys=True),
            )
            relations.wake_application(tx, application['id'])

    def status(self, unit: int) -> Mapping[str, Any]:
        with self._database.read() as tx:
            row = units.row(tx, unit)
        return {
            'status': row['workload_status'],
            'message': row['workload_message'],
            'data': json.loads(row['workload_data']),
        }

    def application_status(self, unit: int) -> Mapping[str, Any]:
        with self._database.read() as tx:
            application = _application(tx, unit)
            if application['lease_holder'] != unit:
                raise errors.Error('this unit is not the leader')
            return fullstatus.application_status(tx, application['id'])

    def set_status(self, unit: int, status: str, message: str, *, application: bool) -> None:
        now = time.time()
        with self._database.write() as tx:
            if not application:
                units.set_status(tx, unit, status, message, {}, now)
                return
            row = _application(tx, unit)
            if row['lease_holder'] != unit:
                raise errors.Error('this unit is not the leader')
            statuslog.record(tx, row['model'], row['name'], 'application', status, message, now)
            tx.update(
                'application',
                row['id'],
                status=status,
                status_message=message,
                status_data='{}',
                status_since=now,
            )

    def set_workload_version(self, unit: int, version: str) -> None:
        with self._database.write() as tx:
            tx.update('unit', unit, version=version)
            tx.update('application', _application(tx, unit)['id'], version=version)

    def network(self, unit: int, binding: str, relation: int | None) -> Mapping[str, Any]:
        del binding, relation  # one machine has one network
        with self._database.read() as tx:
            return network.of_unit(tx, units.row(tx, unit))

    def address(self, unit: int, which: str) -> str:
        del which
        with self._database.read() as tx:
            return network.address_of(tx, units.row(tx, unit))

    def machine_ports(self, unit: int) -> Mapping[str, Mapping[str, tuple[model.PortRange, ...]]]:
        with self._database.read() as tx:
            return units.ports_beside(tx, unit)

    def storage(self, unit: int) -> tuple[model.StorageView, ...]:
        with self._database.read() as tx:
            return storage.views(tx, unit)

    def unit_state(self, unit: int) -> Mapping[str, str]:
        with self._database.read() as tx:
            return json.loads(units.row(tx, unit)['kv'])

    def resource(self, unit: int, name: str) -> Path:
        with self._database.read() as tx:
            application = _application(tx, unit)
            charm = charms.get(tx, application['charm'])
            key = machines.key(tx, units.row(tx, unit)['machine'])
            unit_name = units.row(tx, unit)['name']
        uploaded = files.of(application).get(name)
        if name not in charm.resources or uploaded is None:
            raise errors.not_found('resource', name)
        filename = str(charm.resources[name].get('filename') or uploaded.filename)
        tag = names.unit(unit_name).tag
        target = self._data / 'machines' / key / 'agents' / tag / 'resources' / name / filename
        resources.fetch(self._data, uploaded, target)
        return target

    def goal_state(self, unit: int) -> Mapping[str, Any]:
        with self._database.read() as tx:
            return goal.state(tx, units.row(tx, unit))

    # -- secrets -------------------------------------------------------------------------------
    def secret_content(
        self, unit: int, *, id: str | None, label: str | None, peek: bool, refresh: bool
    ) -> tuple[str, int, Mapping[str, str]]:
        with self._database.write() as tx:
            row = units.row(tx, unit)
            return secretreaders.content(tx, row, id=id, label=label, peek=peek, refresh=refresh)

    def secrets(self, unit: int) -> tuple[model.Secret, ...]:
        with self._database.read() as tx:
            return secrets.managed(tx, units.row(tx, unit))

    # -- actions and logs ----------------------------------------------------------------------
    def asked(self, units: frozenset[int]) -> frozenset[int]:
        with self._database.read() as tx:
            return frozenset(unit for unit in units if operations.pending(tx, unit))

    def task(self, task: int) -> model.Task:
        with self._database.read() as tx:
            return operations.task(tx, task)

    def task_started(self, task: int) -> bool:
        with self._database.write() as tx:
            return operations.start(tx, task, now=time.time())

    def task_log(self, task: int, message: str) -> None:
        with self._database.write() as tx:
            operations.log(tx, task, message, now=time.time())

    def task_finished(
        self, task: int, status: str, message: str, results: Mapping[str, Any]
    ) -> None:
        with self._database.write() as tx:
            operations.finish(tx, task, status, message, results, now=time.time())

    def log(self, unit: int, level: str, module: str, message: str) -> None:
        self.log_lines(unit, level, module, (message,))

    def log_lines(self, unit: int, level: str, module: str, messages: Sequence[str]) -> None:
        with self._database.write() as tx:
            row = units.row(tx, unit)
            tag = names.unit(row['name']).tag
            for message in messages:
                logs.append(tx, row['model'], tag, level, module, message, time.time())


def _application(tx: db.Transaction, unit: int) -> sqlite3.Row:
    row = tx.one(
        'SELECT a.* FROM application a JOIN unit u ON u.application = a.id WHERE u.id = ?', unit
    )
    if row is None:
        raise errors.Error(f'unit {unit} not found', 'not found')
    return row


def _start_timer(tx: db.Transaction, unit: sqlite3.Row, now: float) -> None:
    """Set when update-status is due: the model's interval, randomised by 20 % (contract 2.8)."""
    settings = tx.one('SELECT * FROM model WHERE id = ?', unit['model'])
    assert settings is not None
    config = {**models.DEFAULTS, **models.config(settings)}
    interval = formats.duration(str(config['update-status-hook-interval']))
    tx.update('unit', unit['id'], update_status_at=now + interval * random.uniform(0.8, 1.2))  # noqa: S311  # no secret
