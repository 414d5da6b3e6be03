"""The charm: every event ends in the same reconcile."""

from __future__ import annotations

import dataclasses
import json
import logging
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ops

from . import database, environment, errors, options, places, project, site, status, wsgi

_log = logging.getLogger(__name__)
_LABEL = 'secret-key'
_STATUSES = {
    'active': ops.ActiveStatus,
    'waiting': ops.WaitingStatus,
    'blocked': ops.BlockedStatus,
}


@dataclasses.dataclass(frozen=True)
class Workload:
    """What the charm asks of the machine."""

    ensure_environment: Callable[..., environment.Environment] = environment.ensure
    prepare: Callable[..., site.Seen] = site.prepare
    answers: Callable[[str, int, str], bool] = wsgi.answers


class DjangoCharm(ops.CharmBase):
    """Passes events on, and shows what came of them."""

    workload = Workload()

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._where = places.Places(self.charm_dir)
        for name, event in self.on.events().items():
            if name not in ('collect_app_status', 'collect_unit_status', 'collect_metrics'):
                framework.observe(event, getattr(self, f'_{name}', self._reconcile))

    def _remove(self, _event: ops.RemoveEvent) -> None:
        shutil.rmtree(self._where.var, ignore_errors=True)

    def _reconcile(self, event: ops.EventBase) -> None:
        wanted = options.read(self.config)
        bags = self._bags(event)
        servers = database.choose(bags, me=self.unit.name, database=wanted.database)
        for relation in self.model.relations['pgsql']:
            if relation.active and wanted.database:
                relation.data[self.unit]['database'] = wanted.database
        view = status.View(
            faults=wanted.faults,
            has_database=any(one.active for one in self.model.relations['pgsql']),
            states=tuple(bag.get('state', '') for bag in bags.values()),
            servers=tuple(servers),
            is_leader=self.unit.is_leader(),
            has_server=any(one.active for one in self.model.relations['wsgi']),
            port=wanted.port,
        )
        self._show(dataclasses.replace(view, **self._serve(wanted, servers, bags)))

    def _show(self, view: status.View) -> None:
        found = status.decide(view)
        self.unit.status = _STATUSES[found.name](found.message[:120])

    def _serve(
        self,
        wanted: options.Options,
        servers: list[database.Server],
        bags: Mapping[str, Mapping[str, str]],
    ) -> dict[str, Any]:
        """Make the site what is wanted, as far as possible; return what the status has to know."""
        if wanted.faults:
            return {}
        key = self._secret_key()
        facts: dict[str, Any] = {
            'unit': self.unit.name,
            'secret_key': key or '',
            'debug': wanted.debug,
            'allowed_hosts': list(wanted.allowed_hosts),
            'databases': database.settings(
                servers, me=self.unit.name, read_from_standbys=wanted.read_from_standbys
            ),
            'places': {f'{server.host}:{server.port}': server.unit for server in servers},
            'states': {unit: bag.get('state', '') for unit, bag in bags.items()},
        }
        running = site.load(self._where.accepted)
        if running is not None and key is not None:
            # Workers that run get the database at once; looking at it takes a second or so.
            self._write(self._where.facts, facts, running)
        try:
            code = self._code(wanted)
        except errors.Error as error:
            return {'broken': str(error), **self._publish(running, facts, wanted)}
        if key is None:
            return {'has_secret': False}
        broken, seen = self._try(code, facts)
        if not broken:
            site.accept(self._where, code)
            self._write(self._where.facts, facts, code)
            running = code
        return {'broken': broken, 'seen': seen, **self._publish(running, facts, wanted)}

    def _code(self, wanted: options.Options) -> site.Code:
        """Return the code that is wanted, made ready to be tried."""
        where = self._where
        found = project.read(self._resource(), where.var / 'projects', where.site)
        lines = '\n'.join(filter(None, (found.requirements, wanted.requirements)))
        python = self.workload.ensure_environment(where, lines, found.wheel, self._tell)
        settings_module = wanted.settings_module or found.settings_module
        if not settings_module:
            raise errors.Error(
                'cannot tell which settings the project uses: set the option settings-module'
            )
        beside = f'{settings_module.rpartition(".")[0]}.wsgi'.removeprefix('.')
        # A refreshed charm may bring other static files under the same names.
        written = where.charm / 'revision'
        revision = written.read_text().strip() if written.is_file() else '0'
        return site.Code(
            folder=str(found.folder),
            python_path=tuple(
                dict.fromkeys((str(found.folder), str(where.site), python.packages))
            ),
            python=python.python,
            settings_module=settings_module,
            wsgi_module=wanted.wsgi_module or beside,
            static=str(where.var / 'static' / f'{python.name}-{found.folder.name}-{revision}'),
        )

    def _try(self, code: site.Code, facts: Mapping[str, Any]) -> tuple[str, site.Seen]:
        """Look at *code* with its database, and migrate that; return what is wrong and seen."""
        candidate, remembered = self._where.candidate, self._where.tried
        stamp = wsgi.stamp(code, facts, 0, databases=facts['databases'])
        has_database, now = bool(facts['databases']), time.time()
        before = site.last_look(remembered)
        if before is not None and before.still_counts(stamp, now, has_database=has_database):
            return '', before.seen
        self._write(candidate, facts, code)
        migrates = has_database and self.unit.is_leader()
        if migrates and (before is None or before.stamp != stamp):
            self._tell('migrating the database, where it needs that')
        seen = self.workload.prepare(code, candidate, migrates=migrates)
        if seen.fault:
            return f'the project cannot run: {seen.fault}', seen
        if not seen.failure:
            site.remember(remembered, site.Look(stamp, now, seen))
        return seen.failure, seen

    def _publish(
        self, code: site.Code | None, facts: Mapping[str, Any], wanted: options.Options
    ) -> dict[str, Any]:
        """Tell the server what to run; return whether it does."""
        if code is None:
            return {'code': None, 'is_served': False}
        binding = self.model.get_binding('website')
        assert binding is not None  # every endpoint has one
        address = str(binding.network.bind_address)
        stamp = wsgi.stamp(code, facts, wanted.port)
        for relation in self.model.relations['wsgi']:
            if relation.active:
                relation.data[self.unit].update(
                    wsgi.bag(code, self._where, address, wanted.port, stamp)
                )
        for relation in self.model.relations['website']:
            ingress = str(binding.network.ingress_address)
            relation.data[self.unit].update({'hostname': ingress, 'port': str(wanted.port)})
        self.unit.set_ports(wanted.port)
        return {
            'code': code,
            'is_served': self.workload.answers(address, wanted.port, self.unit.name),
        }

    def _bags(self, event: ops.EventBase) -> dict[str, dict[str, str]]:
        """Return the bag of each database unit that stays."""
        leaving = event.departing_unit if isinstance(event, ops.RelationDepartedEvent) else None
        return {
            unit.name: dict(relation.data[unit])
            for relation in self.model.relations['pgsql']
            if relation.active
            for unit in relation.units
            if unit != leaving
        }

    def _secret_key(self) -> str | None:
        """Return the application's secret key, which the leader makes; None before it is there."""
        try:
            secret = self.model.get_secret(label=_LABEL)
        except ops.SecretNotFoundError:
            if not self.unit.is_leader():
                return None
            content = {'key': secrets.token_urlsafe(50)}
            secret = self.app.add_secret(content, label=_LABEL)
            # The others wait for it: this write to our bag wakes them.
            for relation in self.model.relations['sites']:
                relation.data[self.app]['secret-key'] = str(secret.id)
            return content['key']
        return secret.get_content()['key']

    def _resource(self) -> Path | None:
        try:
            return self.model.resources.fetch('project')
        except ops.ModelError:
            return None  # none was given

    def _write(self, path: Path, facts: Mapping[str, Any], code: site.Code) -> None:
        content = {
            **facts,
            'settings_module': code.settings_module,
            'wsgi_module': code.wsgi_module,
            'static_root': code.static,
        }
        text = json.dumps(content, indent=1)
        if places.read(path) != text:
            places.write(path, text)

    def _tell(self, message: str) -> None:
        _log.info('%s', message)
        self.unit.status = ops.MaintenanceStatus(message[:120])

    def _createsuperuser_action(self, event: ops.ActionEvent) -> None:
        code = site.load(self._where.accepted)
        if code is None:
            event.fail('there is no site yet; see the status of this unit')
            return
        password = secrets.token_urlsafe(12)
        names = ['--username', event.params['username'], '--email', event.params['email']]
        try:
            done = site.run(
                *(code, self._where.facts, '-m', 'django', 'createsuperuser', '--noinput', *names),
                seconds=60,
                more={'DJANGO_SUPERUSER_PASSWORD': password},
            )
        except errors.Error as error:
            event.fail(str(error))
            return
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ['no reason given']
            event.fail(f'cannot make the administrator: {lines[-1]}')
            return
        event.set_results({'username': event.params['username'], 'password': password})

    def _migrate_action(self, event: ops.ActionEvent) -> None:
        code = site.load(self._where.accepted)
        if code is None:
            event.fail('there is no site yet; see the status of this unit')
            return
        try:
            event.set_results({'log': site.migrate(code, self._where.facts, None)[-10_000:]})
        except errors.Error as error:
            event.fail(str(error))
