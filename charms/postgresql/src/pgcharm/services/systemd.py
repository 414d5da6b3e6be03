"""Services under systemd: it is process 1, and we are root."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .. import errors, files, layout
from . import Running, Service

_FOLDER = Path('/etc/systemd/system')


class Systemd:
    """Units ``pgcharm-<key>-<service>.service``; see :class:`pgcharm.services.Services`.

    Their output goes to the journal. A file that systemd opens is root's, and Patroni, which
    writes a log of its own into the same folder, could not.
    """

    def __init__(self, places: layout.Layout) -> None:
        self._places = places
        self._prefix = f'pgcharm-{places.key}-'

    def running(self) -> Running:
        """Return what is kept running now."""
        digests: dict[str, str] = {}
        for path in self._paths():
            state = self._run('is-active', path.name, check=False)
            if state in ('active', 'activating', 'reloading'):
                text = files.read(path) or ''
                digests[self._name(path)] = text.partition('# digest ')[2].partition('\n')[0]
        return Running(digests)

    def keep(self, wanted: tuple[Service, ...]) -> None:
        """Keep exactly *wanted* running, now and after a boot, once a hook has asked its peers."""
        files.make_run_folders(self._places)
        files.write(self._places.asked, '')
        running = self.running().digests
        names = {service.name for service in wanted}
        for path in self._paths():
            if self._name(path) not in names:
                self._run('disable', '--now', path.name)
                path.unlink()
        before = 'network-online.target'
        for service in wanted:
            text = _render(self._places, service, before)
            files.write(self._path(service.name), text, mode=0o644)
            before = self._path(service.name).name
        self._run('daemon-reload')
        for service in wanted:
            unit = self._path(service.name).name
            if running.get(service.name) == service.digest:
                continue
            self._run('enable', unit)
            self._run('restart', '--no-block', unit)

    def remove(self) -> None:
        """End all services and remove their definitions."""
        paths = self._paths()
        if not paths:
            return
        self._run('disable', '--now', *(path.name for path in paths))
        for path in paths:
            path.unlink(missing_ok=True)
        self._run('daemon-reload')
        self._run('reset-failed', *(path.name for path in paths), check=False)

    def _paths(self) -> list[Path]:
        return sorted(_FOLDER.glob(f'{self._prefix}*.service'))

    def _path(self, name: str) -> Path:
        return _FOLDER / f'{self._prefix}{name}.service'

    def _name(self, path: Path) -> str:
        return path.stem.removeprefix(self._prefix)

    def _run(self, verb: str, *words: str, check: bool = True) -> str:
        ended = subprocess.run(
            ['systemctl', '--quiet' if verb != 'is-active' else '--no-pager', verb, *words],
            capture_output=True,
            text=True,
            check=False,
        )
        if check and ended.returncode != 0:
            raise errors.ServicesError(
                f'cannot {verb} {" ".join(words)}: systemctl says {ended.stderr.strip()[-300:]}'
            )
        return ended.stdout.strip()


def _render(places: layout.Layout, service: Service, before: str) -> str:
    """Return the unit file of a service that starts after *before*, and ends before it.

    So Patroni gives its lease back while etcd is still there. After a boot only the watcher starts
    in any case, where the peers may have gone on without this unit.
    """
    environment = ' '.join(
        _quoted(f'{name}={value}') for name, value in sorted(service.environment.items())
    )
    user = service.user or 'root'
    run = places.socket_folder.relative_to('/run')
    # Each has a "|": one that holds is enough.
    conditions = (
        f'ConditionFileNotEmpty=|!{places.asks_first}\nConditionPathExists=|{places.asked}'
        if service.name != 'watcher'
        else ''
    )
    return f"""\
# digest {service.digest}
[Unit]
Description={service.name} of {places.unit}
After={before}
StartLimitIntervalSec=0
RequiresMountsFor={places.home}
{conditions}

[Service]
ExecStart={' '.join(_quoted(word) for word in service.command)}
Environment={environment}
User={user}
UMask=0077
# Patroni's postmaster outlives a killed Patroni, which takes it over when it is back.
KillMode={'process' if service.name == 'patroni' else 'control-group'}
Restart=always
RestartSec=0.2
TimeoutStopSec={int(service.stop_seconds)}
{f'RuntimeDirectory={run}' if service.user else ''}
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes

[Install]
WantedBy=multi-user.target
"""


def _quoted(word: str) -> str:
    escaped = word.replace('\\', '\\\\').replace('"', '\\"').replace('%', '%%')
    return f'"{escaped.replace("$", "$$")}"'
