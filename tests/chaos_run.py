"""One run of chaos over a real cluster: do a step, and see that all promises still hold."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import bag_recorder
import chaos_steps
import clusters
import psycopg
import waiting
import writers
from chaos_steps import Step

_BACK = 30.0
"""Seconds that a unit has, once it is back, to hear what became of the others: ten times 3 s."""

_SERVES = 240.0
"""Seconds in which a majority serves again after any step: much more than what is measured."""


@dataclasses.dataclass
class Counts:
    """What a run did."""

    steps: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    acknowledged: int = 0
    inside: int = 0
    """Of them, by writers beside a unit."""

    timelines: int = 0
    longest_gap: float = 0.0


class Run:
    """A cluster, the writers that judge it, and what was done to it.

    Args:
        cluster: It is deployed and whole.
        folder: Where the writers' logs are kept.
        chance: Where all choices come from.
    """

    def __init__(self, cluster: clusters.Cluster, folder: Path, chance: random.Random) -> None:
        self.cluster = cluster
        self.counts = Counts()
        self._folder = folder
        self._chance = chance
        self._world = chaos_steps.World(len(cluster.rows()))
        self._hurt: dict[int, str] = {}
        self._away: dict[str, list[bag_recorder.Span]] = {}
        self._since: dict[str, float] = {}
        self._writers: dict[str, writers.Writer] = {}
        self._placed: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._old: list[writers.Writer] = []
        bag_recorder.record(cluster.solo.data)
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute(writers.TABLE)
        self._everywhere()

    def step(self) -> None:
        """Do one more thing, and judge."""
        step = chaos_steps.choose(self._world, self._chance)
        patient = self._chance.random() < 0.6
        if chaos_steps.needs_calm(step):
            self.cluster.wait_whole(self._world.units)
        begin = time.strftime('%H:%M:%S')
        print(f'{begin} {step}', flush=True)
        self.counts.steps[step.kind] = self.counts.steps.get(step.kind, 0) + 1
        getattr(self, '_' + step.kind.replace('-', '_'))(step)
        self._world = chaos_steps.after(self._world, step)
        self._everywhere()
        if patient:
            self._serves()
        self.judge()

    def end(self) -> Counts:
        """Mend everything, wait until the cluster is whole, and judge for the last time."""
        for number, fault in sorted(self._world.hurt.items()):
            self._mend(Step(chaos_steps.MENDS[fault], number=number))
        self._world = chaos_steps.World(self._world.units)
        self._everywhere()
        self.cluster.wait_whole(self._world.units)
        self._serves()
        self.judge()
        self._one_history()
        self.close()
        return self.counts

    def close(self) -> None:
        """End the writers."""
        for writer in self._writers.values():
            writer.stop()

    def acknowledged(self) -> list[writers.Acknowledged]:
        """Return all that was ever acknowledged."""
        return [
            one
            for writer in (*self._old, *self._writers.values())
            for one in writer.acknowledged()
        ]

    def judge(self) -> None:
        """Assert what must hold at any time."""
        acknowledged = self.acknowledged()
        both = writers.together(acknowledged)
        assert not both, f'two servers acknowledged at once: {both[:3]}'
        excused = {
            unit: [*spans, *self._still_away(unit)]
            for unit, spans in {**{u: [] for u in self._since}, **self._away}.items()
        }
        recorded = bag_recorder.versions(self.cluster.solo.data, clusters.APPLICATION)
        overlaps = bag_recorder.overlaps(recorded, excused, time.time())
        assert not overlaps, f'two bags said master: {overlaps}'
        ids = {one.cluster for one in self.cluster.etcds().values()}
        assert len(ids) <= 1, f'more than one etcd cluster: {ids}'
        outside = [one for one in acknowledged if one.writer.startswith('all')]
        self.counts.acknowledged = len(acknowledged)
        self.counts.inside = len(acknowledged) - len(outside)
        self.counts.timelines = len({one.timeline for one in acknowledged})
        self.counts.longest_gap = writers.longest_gap(outside).seconds

    def _serves(self) -> None:
        """Wait until a majority serves, its bags are true, and no acknowledged row is missing."""
        asked = time.monotonic()
        waiting.wait_for(
            lambda: any(one.sent > asked for one in self.acknowledged()),
            _SERVES,
            every=0.5,
            message='a row is acknowledged',
        )
        acknowledged = self.acknowledged()
        there = waiting.wait_for(
            lambda: writers.rows(self.cluster.conninfo()), 120, catch=(Exception,)
        )
        lost = writers.missing(acknowledged, there)
        assert not lost, f'{len(lost)} acknowledged rows are missing, first {lost[0]}'
        waiting.wait_for(self._bags_are_true, _SERVES, every=0.5)

    def _bags_are_true(self) -> bool:
        bags = self.cluster.bags()
        servers = self.cluster.servers()
        hurt = set(self._hurt.values())
        said = {name: bags.get(name, {}).get('state') for name in servers if name not in hurt}
        true = {name: 'master' if servers[name].is_primary else 'hot standby' for name in said}
        return bool(true) and said == true

    def _one_history(self) -> None:
        """Assert that every unit's timeline has the same past."""
        histories = self.cluster.histories()
        assert len(set(histories.values())) == 1, f'histories differ: {histories}'

    def _everywhere(self) -> None:
        """Let a writer run over all units, and one beside each, as they are now."""
        addresses = self.cluster.addresses()
        wanted = {'all': ('', tuple(addresses.values()))}
        machines = {unit: self.cluster.machine(unit) for unit in addresses}
        for unit, machine in machines.items():
            with contextlib.suppress(ValueError):  # the machine is off
                wanted[unit] = (self.cluster.inside(machine)[1], (addresses[unit],))
        for name in [*self._writers]:
            if self._placed.get(name) != wanted.get(name):
                self._old.append(self._writers.pop(name))
                self._old[-1].stop()
        for name, place in wanted.items():
            if name not in self._writers:
                self._placed[name] = place
                within = self.cluster.inside(machines[name]) if name != 'all' else ()
                conninfo = self.cluster.conninfo(*([] if name == 'all' else [name]))
                label = f'{name.replace("/", "-")}.{len(self._old)}.{len(self._writers)}'
                pause = 0.01 if name == 'all' else 0.5
                self._writers[name] = writers.Writer(
                    conninfo, label, self._folder, within, pause=pause
                )

    def _still_away(self, unit: str) -> list[bag_recorder.Span]:
        since = self._since.get(unit)
        return [] if since is None else [bag_recorder.Span(since, time.time() + 1)]

    def _gone(self, unit: str) -> None:
        self._since[unit] = time.time()

    def _returned(self, unit: str) -> None:
        span = bag_recorder.Span(self._since.pop(unit), time.time() + _BACK)
        self._away.setdefault(unit, []).append(span)

    def _unit(self, role: str) -> str:
        """Return a unit of the role that is not hurt."""
        hurt = set(self._hurt.values())
        primary = waiting.wait_for(
            lambda: next(
                (
                    name
                    for name, server in self.cluster.servers().items()
                    if server.is_primary and name not in hurt
                ),
                None,
            ),
            _SERVES,
        )
        if role == 'primary':
            return primary
        others = sorted(set(self.cluster.addresses()) - hurt - {primary})
        return self._chance.choice(others)

    def _hurt_one(self, step: Step) -> None:
        unit = self._unit(step.target)
        print(f'         {unit}', flush=True)
        self._hurt[step.number] = unit
        self._gone(unit)
        self.cluster.power(unit, step.kind)

    _kill = _freeze = _cut = _hurt_one

    def _mend(self, step: Step) -> None:
        unit = self._hurt.pop(step.number)
        self.cluster.power(unit, step.kind)
        self._returned(unit)

    _start = _thaw = _heal = _mend

    def _add(self, step: Step) -> None:
        self.cluster.solo.do('add-unit', clusters.APPLICATION)
        self.cluster.wait_whole(self._world.units + 1)

    def _remove(self, step: Step) -> None:
        unit = self._unit(step.target)
        self._gone(unit)
        self.cluster.solo.do('remove-unit', unit, '--no-prompt')
        self.cluster.wait_whole(self._world.units - 1)

    def _switchover(self, step: Step) -> None:
        self.cluster.switchover()

    def _config(self, step: Step) -> None:
        self.cluster.solo.do('config', clusters.APPLICATION, f'synchronous-mode={step.target}')

    def _roll(self, step: Step) -> None:
        """Change an option that restarts each server; faults may come while that goes on."""
        buffers = f'extra-pg-conf=wal_buffers={self._chance.randint(1, 15)}MB'
        self.cluster.solo.do('config', clusters.APPLICATION, buffers)

    def _bad_option(self, step: Step) -> None:
        """Set an option with which no server starts, and wait until it is undone by itself."""
        bad = 'extra-pg-conf=shared_preload_libraries = nosuch'
        self.cluster.solo.do('config', clusters.APPLICATION, bad)

        def is_undone() -> bool:
            said = [
                row['workload-status'].get('message', '') for row in self.cluster.rows().values()
            ]
            return all('undone' in message for message in said)

        waiting.wait_for(is_undone, _SERVES, every=0.5)
        self.cluster.solo.do('config', clusters.APPLICATION, '--reset', 'extra-pg-conf')

    def _kill_process(self, step: Step) -> None:
        role, _, process = step.target.partition(' ')
        unit = self._unit(role)
        # Its watcher may need a moment to come back and to see what happened meanwhile.
        self._gone(unit)
        self.cluster.kill_process(unit, process)
        self._returned(unit)

    def _power_cut(self, step: Step) -> None:
        units = sorted(self.cluster.addresses())
        self._all(units, 'kill', self._gone)
        self._chance.shuffle(units)
        self._all(units, 'start', self._returned)

    def _all(self, units: list[str], what: str, then: Callable[[str], None]) -> None:
        for unit in units:
            self.cluster.power(unit, what)
            then(unit)

    def _lag(self, step: Step) -> None:
        """Kill the primary's machine when its standbys have received nothing for a second."""
        primary = self._unit('primary')
        self._gone(primary)
        with self.cluster.lagging():
            time.sleep(1.0)
            self.cluster.power(primary, 'kill')
        self._serves()
        self.cluster.power(primary, 'start')
        self._returned(primary)

    def _pause_controller(self, step: Step) -> None:
        os.kill(self.cluster.solo.pid, signal.SIGSTOP)
        try:
            time.sleep(self._chance.uniform(1.0, 10.0))
        finally:
            os.kill(self.cluster.solo.pid, signal.SIGCONT)

    def _kill_controller(self, step: Step) -> None:
        self.cluster.solo.kill_controller()

    def _wait(self, step: Step) -> None:
        time.sleep(self._chance.uniform(1.0, 20.0))
