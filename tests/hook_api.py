"""A controller in memory, for tests of agents and hook commands: one model, no database."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from solo import errors, model

UUID = '12345678-1234-4123-8123-123456789abc'
UNIT = model.Unit(1, 'app/0', 'default', UUID, '0', 'default/0', '', '127.0.1.1')
SNAPSHOT = model.Snapshot(
    unit='app/0',
    life=model.Life.ALIVE,
    application_life=model.Life.ALIVE,
    now=1000.0,
    charm=1,
    charm_modified=1,
    config_hash='c1',
    is_leader=True,
    relations={},
    storage=(),
    secrets=(),
    actions=(),
    commands=(),
    resolved=None,
    update_status_due=False,
    boot_id='b1',
)
INSTALLED = model.LocalState(
    charm=1,
    charm_modified=1,
    installed=True,
    started=True,
    leader=True,
    config_hash='c1',
    boot_id='b1',
    leader_settings='',
)


def relation(row: int = 3, **changes: Any) -> model.RelationView:
    """Return a relation ``db:3`` of app to pg, with one remote unit in scope."""
    view = model.RelationView(
        id=row,
        endpoint='db',
        role='requires',
        interface='pgsql',
        scope='global',
        remote_app='pg',
        life=model.Life.ALIVE,
        in_scope=True,
        members={'pg/0': 1},
        applications={'pg': 0},
    )
    return dataclasses.replace(view, **changes)


class HookApi:
    """An ``agent.api.Api`` over plain attributes, which tests set and read."""

    def __init__(self) -> None:
        self.local = model.LocalState()
        self.world = SNAPSHOT
        self.facts = UNIT
        self.recorded: model.Running | None = None
        self.begun: list[model.Running] = []
        self.committed: list[model.Writes] = []
        self.agent: tuple[str, str, dict[str, Any]] = ('allocating', '', {})
        self.workload: dict[str, Any] = {'status': 'waiting', 'message': '', 'data': {}}
        self.statuses: list[tuple[str, str, bool]] = []
        self.prepared = Path('/nonexistent')
        self.options: dict[str, Any] = {}
        self.bags: dict[tuple[int, str], dict[str, str]] = {}
        self.leader_bag: dict[str, str] = {}
        self.ports: dict[str, tuple[model.PortRange, ...]] = {}
        self.kept: dict[str, str] = {}
        self.contents: dict[str, dict[str, str]] = {}
        self.owned: tuple[model.Secret, ...] = ()
        self.resources: dict[str, Path] = {}
        self.tasks: dict[int, model.Task] = {}
        self.finished: dict[int, tuple[str, str, Mapping[str, Any]]] = {}
        self.lines: list[tuple[str, str, str]] = []
        self.task_lines: list[str] = []
        self.version = ''
        self.removed = False
        self.refusal: errors.Error | None = None
        self.on_change: Callable[[], None] = lambda: None

    def unit(self, unit: int) -> model.Unit:
        return self.facts

    def proxies(self, unit: int) -> Mapping[str, str]:
        return {}

    def snapshot(self, unit: int) -> tuple[model.LocalState, model.Snapshot]:
        return self.local, dataclasses.replace(self.world, now=time.time())

    def running(self, unit: int) -> model.Running | None:
        return self.recorded

    def begin(self, unit: int, running: model.Running, agent_status: str, message: str) -> None:
        self.recorded = running
        self.begun.append(running)
        if agent_status:
            self.agent = (agent_status, message, {})

    def commit(
        self,
        unit: int,
        local: model.LocalState,
        writes: model.Writes,
        *,
        status: tuple[str, str] | None = None,
        finished: model.Finished | None = None,
    ) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.committed.append(writes)
        if status is not None:
            self.set_status(unit, *status, application=False)
        if finished is not None:
            self.task_finished(finished.task, finished.status, finished.message, finished.results)
        self.save(unit, local)

    def save(self, unit: int, local: model.LocalState) -> None:
        self.local = local
        self.recorded = None
        self.on_change()

    def agent_status(self, unit: int, status: str, message: str, data: Mapping[str, Any]) -> None:
        if self.agent != (status, message, dict(data)):
            self.agent = (status, message, dict(data))
            self.on_change()

    def enter_scope(self, unit: int, relation: int) -> None:
        self._scope(relation, is_in=True)

    def leave_scope(self, unit: int, relation: int) -> None:
        self._scope(relation, is_in=False)

    def storage_detached(self, unit: int, storage_name: str) -> None:
        left = tuple(view for view in self.world.storage if view.id != storage_name)
        self.world = dataclasses.replace(self.world, storage=left)

    def clear_resolved(self, unit: int) -> None:
        self.world = dataclasses.replace(self.world, resolved=None)

    def update_status_ran(self, unit: int) -> None:
        self.world = dataclasses.replace(self.world, update_status_due=False)

    def next_wake(self, unit: int, after: float) -> float | None:
        return None

    def reboot(self, unit: int) -> None:
        self.world = dataclasses.replace(self.world, boot_id=self.world.boot_id + '+1')

    def remove(self, unit: int) -> None:
        self.removed = True
        self.on_change()

    def charm_folder(self, charm: int) -> Path:
        return self.prepared

    def charm_revision(self, charm: int) -> int:
        return charm - 1

    def config(self, unit: int) -> Mapping[str, Any]:
        return self.options

    def endpoints(self, unit: int) -> Mapping[str, model.Role]:
        return {'db': 'requires', 'peer': 'peers', 'admin': 'provides'}

    def payloads(self, unit: int) -> Mapping[str, str]:
        return {'web': 'docker'}

    def bag(self, unit: int, relation: int, member: str) -> Mapping[str, str]:
        if (relation, member) not in self.bags:
            raise errors.Error('permission denied', 'unauthorized access')
        return self.bags[relation, member]

    def remote_model_uuid(self, unit: int, relation: int) -> str:
        return UUID

    def is_leader(self, unit: int) -> bool:
        return self.world.is_leader

    def leader_settings(self, unit: int) -> Mapping[str, str]:
        return self.leader_bag

    def leader_set(self, unit: int, settings: Mapping[str, str]) -> None:
        for key, value in settings.items():
            if value:
                self.leader_bag[key] = value
            else:
                self.leader_bag.pop(key, None)

    def status(self, unit: int) -> Mapping[str, Any]:
        return self.workload

    def application_status(self, unit: int) -> Mapping[str, Any]:
        return {**self.workload, 'units': {'app/0': self.workload}}

    def set_status(self, unit: int, status: str, message: str, *, application: bool) -> None:
        self.statuses.append((status, message, application))
        if not application:
            self.workload = {'status': status, 'message': message, 'data': {}}

    def set_workload_version(self, unit: int, version: str) -> None:
        self.version = version

    def network(self, unit: int, binding: str, relation: int | None) -> Mapping[str, Any]:
        return {
            'bind-addresses': [
                {
                    'mac-address': '00:16:3e:aa:bb:cc',
                    'interface-name': 'eth0',
                    'addresses': [{'hostname': '', 'value': '127.0.1.1', 'cidr': '127.0.1.1/32'}],
                }
            ],
            'egress-subnets': ['127.0.0.1/32'],
            'ingress-addresses': ['127.0.1.1'],
        }

    def address(self, unit: int, which: str) -> str:
        return self.facts.address if which == 'private' else ''

    def machine_ports(self, unit: int) -> Mapping[str, Mapping[str, tuple[model.PortRange, ...]]]:
        return {self.unit(unit).name: self.ports}

    def storage(self, unit: int) -> tuple[model.StorageView, ...]:
        return self.world.storage

    def unit_state(self, unit: int) -> Mapping[str, str]:
        return self.kept

    def resource(self, unit: int, name: str) -> Path:
        if name not in self.resources:
            raise errors.not_found('resource', name)
        return self.resources[name]

    def goal_state(self, unit: int) -> Mapping[str, Any]:
        return {'units': {'app/0': {'status': 'active', 'since': '2024-01-02 03:04:05Z'}}}

    def secret_content(
        self,
        unit: int,
        *,
        id: str | None,
        label: str | None,
        peek: bool,
        refresh: bool,
    ) -> tuple[str, int, Mapping[str, str]]:
        if id is None or id not in self.contents:
            raise errors.not_found('secret', id or label)
        return id, 1, self.contents[id]

    def secrets(self, unit: int) -> tuple[model.Secret, ...]:
        return self.owned

    def asked(self, units: frozenset[int]) -> frozenset[int]:
        return units if self.world.actions else frozenset()

    def task(self, task: int) -> model.Task:
        return self.tasks[task]

    def task_started(self, task: int) -> bool:
        self.tasks[task] = dataclasses.replace(self.tasks[task], status='running')
        return True

    def task_log(self, task: int, message: str) -> None:
        self.task_lines.append(message)

    def task_finished(
        self, task: int, status: str, message: str, results: Mapping[str, Any]
    ) -> None:
        self.finished[task] = (status, message, results)
        left = tuple(waiting for waiting in self.world.actions if waiting != task)
        self.world = dataclasses.replace(self.world, actions=left)
        self.on_change()

    def log(self, unit: int, level: str, module: str, message: str) -> None:
        self.log_lines(unit, level, module, (message,))

    def log_lines(self, unit: int, level: str, module: str, messages: Sequence[str]) -> None:
        self.lines += [(level, module, message) for message in messages]

    def _scope(self, relation: int, *, is_in: bool) -> None:
        relations = dict(self.world.relations)
        relations[relation] = dataclasses.replace(relations[relation], in_scope=is_in)
        self.world = dataclasses.replace(self.world, relations=relations)
