"""An application ``pg-a`` and its client on ``local`` machines: how to hurt it, and how it is."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
from pathlib import Path
from typing import Any

import processes
import psycopg
from conftest import Run
from waiting import wait_for

from pgcharm import consensus, https, layout, membership, voting

MODEL = 'replication'
LONG = 180
_CONFIRMING = """SELECT application_name FROM pg_stat_replication
    WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')"""


@dataclasses.dataclass
class Cluster:
    """The application ``pg-a``, its client ``app``, and a writer's rows."""

    solo: Run
    folder: Path

    def ask(self, verb: str, *arguments: str) -> Any:
        done = self.solo(verb, '-m', MODEL, *arguments, '--format', 'json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def do(self, verb: str, *arguments: str) -> None:
        done = self.solo(verb, '-m', MODEL, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, unit: str, action: str, *parameters: str) -> dict[str, str]:
        """Run an action and return its results."""
        task = self.ask('run', unit, action, *parameters)[unit]
        assert task['status'] == 'completed', task
        return {name: text for name, text in task['results'].items() if name != 'return-code'}

    def refusal(self, unit: str, action: str, *parameters: str) -> str:
        """Run an action that fails and return its message."""
        task = self.ask('run', unit, action, *parameters)[unit]
        assert task['status'] == 'failed', task
        return task['message']

    @property
    def units(self) -> dict[str, Any]:
        return self.ask('status')['applications']['pg-a']['units']

    def messages(self) -> dict[str, str]:
        return {name: unit['workload-status']['message'] for name, unit in self.units.items()}

    def have(self, units: int) -> None:
        """Add units until there are that many: a test may be the only one that runs."""
        there = len(self.units)
        if there < units:
            self.do('add-unit', 'pg-a', '-n', str(units - there))
            self.wait_for_states('master', *['hot standby'] * (units - 1))
            self.wait_whole()

    def conninfo(self) -> str:
        """Return how any member that takes writes is reached."""
        (unit, *_) = self.units
        found = self.run(unit, 'get-connection')
        hosts = [unit['public-address'] for unit in self.units.values()]
        return (
            f'host={",".join(hosts)} port={",".join("5432" for _ in hosts)} dbname=postgres'
            f' user={found["username"]} password={found["password"]} sslmode=require'
            ' target_session_attrs=read-write'
        )

    def states(self) -> dict[str, str]:
        """Return what each unit tells the client that it is."""
        shown = self.ask('show-unit', 'app/0')['app/0']['relation-info']
        (relation,) = [info for info in shown if info['endpoint'] == 'db']
        bags = relation.get('related-units', {})
        return {unit: bag['data'].get('state', '') for unit, bag in bags.items()}

    def master(self) -> str:
        return next(
            (u for u, state in self.states().items() if state in ('master', 'standalone')), ''
        )

    def wait_for_states(self, *expected: str) -> dict[str, str]:
        """Wait until the units' bags say exactly these states, in any order."""
        wanted = sorted(expected)

        def found() -> dict[str, str]:
            states = self.states()
            assert sorted(states.values()) == wanted, f'{states}, {self.messages()}'
            return states

        return wait_for(found, timeout=LONG, catch=(AssertionError,), message=f'states {wanted}')

    def wait_for_message(self, unit: str, text: str) -> None:
        wait_for(
            lambda: text in self.messages().get(unit, ''),
            timeout=LONG,
            message=f'{unit} to say "{text}", not {self.messages()}',
        )

    def wait_whole(self) -> None:
        """Wait until nothing is on its way any more: neither a role, nor a voter, nor a hook.

        A fault that comes before is two faults, and a hook that runs would mend it unasked.
        """
        wait_for(self._whole, timeout=LONG, catch=(AssertionError, psycopg.Error), message='all')

    def _whole(self) -> bool:
        units, states = self.units, self.states()
        assert all(unit['juju-status']['current'] == 'idle' for unit in units.values()), units
        assert sorted(states.values()) == ['hot standby'] * (len(units) - 1) + ['master'], states
        assert 'can lose ' in self.messages()[self.master()], self.messages()
        with psycopg.connect(self.conninfo()) as connection:
            confirming = connection.execute(_CONFIRMING).fetchall()
        assert len(confirming) == len(units) - 1, confirming
        found = consensus.look([self.etcd(unit) for unit in units])
        assert found is not None, 'etcd does not answer'
        everybody = [membership.Unit(layout.member_of(unit), '') for unit in units]
        has_witness = any(voting.is_witness(member) for member in found.members)
        if has_witness:
            everybody.append(membership.Unit('witness', '', is_witness=True))
        assert membership.is_settled(found.members, everybody), found
        if len(units) == 2 and not has_witness:
            assert self.voters() == [layout.member_of(self.master())], found
        return True

    def started(self) -> dict[str, str]:
        """Return when each unit's server started."""
        files = {
            unit: self.storage(unit) / 'postgresql/data/postmaster.pid' for unit in self.units
        }
        return {unit: path.read_text().splitlines()[2] for unit, path in files.items()}

    def storage(self, unit: str) -> Path:
        found = self.ask('storage')['storage']
        (location,) = [
            attached['location']
            for one in found.values()
            for name, attached in one.get('attachments', {}).get('units', {}).items()
            if name == unit
        ]
        return Path(location)

    def kill(self, *units: str) -> None:
        """Kill every process of these units at once, supervisors and watchers included.

        A machine that dies takes Juju's agent with it. Here that lives on, and a hook that a
        watcher has just asked for would start the unit again: watchers are stopped before.
        """
        victims = self._processes(*units)
        assert victims
        watchers = [
            pid
            for pid, command in victims.items()
            if 'pgcharm.watcher' in command and 'keeper.py' not in command
        ]
        for pid in watchers:
            os.kill(pid, signal.SIGSTOP)
        wait_for(
            lambda: (
                not any(map(processes.children, watchers))
                and all(self._is_idle(unit) for unit in units)
            ),
            timeout=LONG,
        )
        # Nobody may start again what has just been killed.
        for pid, command in self._processes(*units).items():
            if 'keeper.py' in command or 'supervisord' in command:
                os.kill(pid, signal.SIGSTOP)
        while victims := self._processes(*units):
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _is_idle(self, unit: str) -> bool:
        return self.units[unit]['juju-status']['current'] == 'idle'

    def _processes(self, *units: str) -> dict[int, str]:
        found: dict[int, str] = {}
        model = str(self.ask('show-model')[MODEL]['model-uuid'])
        for unit in units:
            found |= processes.of(self.storage(unit))
            # Other models of this machine may have a unit of the same name.
            found |= processes.of(layout.Layout(unit, model, None).run)
        return found

    def start(self, *units: str) -> None:
        """Let Juju run a hook, as it does when a machine has booted."""
        for unit in units:
            self.do('exec', '--unit', unit, 'JUJU_DISPATCH_PATH=hooks/update-status ./dispatch')

    def etcd(self, unit: str) -> https.Door:
        conf = self.storage(unit) / 'conf'
        address = self.units[unit]['public-address']
        return https.Door(address, 2379, conf / 'ca.pem', conf / 'unit.pem', conf / 'unit-key.pem')

    def voters(self) -> list[str]:
        found = consensus.look([self.etcd(unit) for unit in self.units])
        return sorted(one.name for one in found.voters) if found else []
