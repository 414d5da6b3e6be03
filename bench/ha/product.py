"""Units of ours on machines with power, deployed through ``./solo``."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import bag_recorder
import clusters
import measure
import own
import timeline


class Product:
    """The application as an operator has it: what is not among *options* is the default."""

    def __init__(self, cluster: clusters.Cluster, units: int, **options: str) -> None:
        self.cluster = cluster
        self._lagging = contextlib.ExitStack()
        cluster.deploy(units, **options)
        bag_recorder.record(cluster.solo.data)

    @property
    def solo(self) -> own.Own:
        """The command line of its model."""
        return self.cluster.solo

    @property
    def conninfo(self) -> str:
        """Of all units that there are now."""
        return self.cluster.conninfo()

    def versions(self) -> dict[str, str]:
        """Return what was measured."""
        return {
            'solo': self.cluster.solo.do('version').strip(),
            'commit': measure.run(
                'git', '-C', measure.ROOT, 'rev-parse', '--short', 'HEAD'
            ).strip(),
        }

    def primary(self) -> str:
        """Return the name of the primary's unit."""
        return self.cluster.primary()

    def wait_whole(self) -> None:
        """Wait until every unit is there and replicates."""
        self.cluster.wait_whole()

    def switchover(self) -> None:
        """Run the action."""
        self.cluster.switchover()

    def stages(self, begin: float, end: float) -> dict[str, float]:
        """Return when each stage of a failover was reached, in seconds after *begin*."""
        logs = [file for home in self.cluster.homes().values() for file in home.glob('log/*.log')]
        found = timeline.stages(logs, begin, end)
        for version in bag_recorder.versions(self.cluster.solo.data, clusters.APPLICATION):
            state = version.bag.get('state')
            if begin <= version.time <= end and state in ('failover', 'master'):
                found.setdefault(f'a bag says {state}', round(version.time - begin, 3))
        return found

    def kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process of the primary, and it only."""
        unit = self.primary()
        file = self.cluster.homes()[unit] / 'postgresql/data/postmaster.pid'
        inside = file.read_text().split()[0]
        for pid in self.cluster.processes(unit, 'postgres'):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                status = Path(f'/proc/{pid}/status').read_text().splitlines()
                names = next(line for line in status if line.startswith('NSpid:'))
                if names.split()[-1] == inside:
                    os.kill(pid, signal.SIGKILL)

    def power(self, node: str, what: str) -> None:
        """Switch a unit's machine: ``kill``, ``start``, ``freeze``, ``cut``, ..."""
        self.cluster.power(node, what)

    def stop_receiving(self) -> None:
        """Let the standbys fall behind."""
        self._lagging.enter_context(self.cluster.lagging())

    def forget_received(self) -> None:
        """End the receivers with what they have not read."""
        self._lagging.close()


@contextlib.contextmanager
def cluster(units: int = 3, **options: str) -> Generator[Product, None, None]:
    """Give an application of *units* units in a data directory of its own."""
    with tempfile.TemporaryDirectory(prefix='solo-bench-', dir='/var/tmp') as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / 'home').mkdir()
        solo = own.Own(str(measure.SOLO), folder / 'data', folder / 'home')
        try:
            yield Product(clusters.Cluster(solo), units, **options)
        finally:
            solo.destroy()
