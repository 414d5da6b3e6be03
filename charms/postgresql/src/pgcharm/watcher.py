"""Watch this unit and ask for a hook when something happened; a service of its own.

It looks at the local Patroni, at the leader key in etcd (wherever Patroni's settings say that
is), at the time when the last reconcile asked to be called again, and at a pipe into which
Patroni's callbacks write. Whatever changed meanwhile is one hook; a hook that failed is asked
for again. It knows nothing of Juju but the one command that asks.

Usage: ``python -m pgcharm.watcher --unit pg-a/0 ...``
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import cluster, etcd, files, https, patroni
from . import contact as contacts

_HOOK = 'JUJU_DISPATCH_PATH=hooks/cluster-changed ./dispatch'
_QUICK = 0.3
"""Seconds between looks while the server is on its way up or down."""

_SLOW = 2.0
"""The same while all is quiet: the pipe and etcd tell of most changes."""

_SILENCE = 10.0
"""Seconds after which a watch of etcd that said nothing is made anew."""

_LOST = 5.0
"""Seconds without a word of etcd after which an operator should hear of it."""

UNKNOWN = '?'
"""The leader's name while etcd doesn't tell."""

_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


class Leader:
    """Who holds the leader key, as etcd said last."""

    def __init__(self, now: float) -> None:
        self.name: str | None = None
        """None until etcd has said something, or nothing for a while."""
        self.heard_at = now

    def hear(self, name: str, now: float) -> bool:
        """Note what etcd says, and return whether that is new."""
        self.heard_at = now
        return self._become(name)

    def miss(self, now: float) -> bool:
        """Note that no member of etcd answers, and return whether that is news by now."""
        return now - self.heard_at > _LOST and self._become(UNKNOWN)

    def _become(self, name: str) -> bool:
        changed = name != self.name
        self.name = name
        return changed


def known(summary: str, leader: str, members: Iterable[str]) -> str:
    """Return what a hook knew, as :func:`reason` compares it."""
    return '\n'.join((summary, leader, ' '.join(sorted(members))))


def reason(
    acted_on: str | None,
    summary: str,
    leader: str | None,
    members: Iterable[str] = (),
    *,
    is_time: bool,
) -> str:
    """Return why a hook is needed, or nothing.

    Args:
        acted_on: What the last hook knew, as :func:`known` wrote it; None: nothing yet.
        summary: Of the local Patroni, now.
        leader: Who leads by etcd; None while it has not been heard.
        members: Who has a lease by etcd, which only a primary's status tells; none: not known.
        is_time: Whether the last hook asked to be called by now.
    """
    if acted_on is not None:
        was, led, there = f'{acted_on}\n\n'.split('\n')[:3]
        now = ' '.join(sorted(members))
        if summary != was:
            return f'{summary}, was {was}'
        if leader is not None and leader != led:
            return f'the leader is "{leader}", was "{led}"'
        if summary.startswith('primary') and now and there and now != there:
            return f'the members are {now}, were {there}'
    return 'it is time' if is_time else ''


class Watcher:
    """One unit's watcher.

    Args:
        ask: The command that asks Juju for a hook.
        patroni_door: The local Patroni.
        settings: Patroni's, which say where etcd is.
        leader_key: What to watch there.
        run: The unit's run folder: there hooks say what they knew and when to be called again.
        poke: The pipe that wakes us.
        contact: Where to keep whether the primary's log went on after etcd.
    """

    def __init__(
        self,
        ask: Sequence[str],
        patroni_door: https.Door,
        settings: Path,
        leader_key: str,
        run: Path,
        poke: Path,
        contact: Path,
    ) -> None:
        self._ask = list(ask)
        self._patroni = patroni_door
        self._settings = settings
        self._leader_key = leader_key
        self._members_keys = f'{leader_key.rpartition("/")[0]}/members/'
        self._leader = Leader(time.monotonic())
        self._acted_on = run / 'acted-on'
        self._again = run / 'again'
        self._busy = run / 'busy'
        self._pipe = _open_pipe(poke)
        self._contact = contacts.Contact(contact, patroni_door, settings, time.time())
        self._members: frozenset[str] = frozenset()

    def run(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._watch_leader, daemon=True).start()
        threading.Thread(target=self._contact.watch, daemon=True).start()
        pause = _PAUSE
        while True:
            state = cluster.observe(self._patroni)
            self._contact.hear(state)
            summary = state.summary if state else cluster.DOWN
            reason = self._reason(summary)
            if reason and self._is_busy():
                self._sleep(_QUICK)
                continue
            if reason:
                print('asking for a hook:', reason)
                pause = _PAUSE if self._hook() else min(pause * 2, _LONGEST_PAUSE)
                # A hook that could not change anything must not be the first of a thousand.
                time.sleep(pause if self._reason(summary) else 0.0)
                continue
            wait = _QUICK if summary == cluster.DOWN else _SLOW
            self._sleep(min(wait, max(_due(self._again) - time.time(), 0.0)))

    def _reason(self, summary: str) -> str:
        is_time = _due(self._again) <= time.time()
        acted_on, leader = files.read(self._acted_on), self._leader.name
        return reason(acted_on, summary, leader, self._members, is_time=is_time)

    def _is_busy(self) -> bool:
        """Tell whether a hook is running, which may see by itself what we have seen."""
        try:
            lock = os.open(self._busy, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _hook(self) -> bool:
        """Ask Juju for a hook, wait for it and return whether it went well."""
        ended = subprocess.run(self._ask, stdin=subprocess.DEVNULL, check=False)
        return ended.returncode == 0

    def _sleep(self, seconds: float) -> None:
        """Wait that long, or until somebody writes to the pipe."""
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe, 4096)

    def _watch_leader(self) -> None:
        """Follow the leader key, and write to the pipe whenever it changes; for ever."""
        while True:
            for door in self._doors():
                heard_at = self._leader.heard_at
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
                    self._follow(door)
                if self._leader.heard_at > heard_at:
                    # It was there until now, also when it had nothing to say.
                    self._leader.heard_at = time.monotonic()
                    break
            if self._leader.miss(time.monotonic()):
                self._poke()
            time.sleep(_PAUSE)

    def _doors(self) -> tuple[https.Door, ...]:
        try:
            hosts = patroni.etcd_hosts(self._settings.read_text())
        except (OSError, ValueError, KeyError):
            return ()
        own = self._patroni
        return https.doors(hosts, own.ca, own.certificate, own.private_key)

    def _follow(self, door: https.Door) -> None:
        """Follow the leader key at one member of etcd, until that says nothing more.

        A silent connection is made anew, because a member that is gone says nothing either.
        """
        connection = http.client.HTTPSConnection(
            door.address, door.port, context=door.context(), timeout=_SILENCE
        )
        with contextlib.closing(connection):
            # This read needs a majority: who was cut off must not tell us old news.
            wanted = etcd.range_request(self._leader_key, self._members_keys)
            connection.request('POST', '/v3/kv/range', json.dumps(wanted))
            found = json.loads(connection.getresponse().read())
            revision = int(found['header']['revision'])
            there = {etcd.key(one): etcd.value(one) for one in found.get('kvs', ())}
            self._hear(there)
            body = json.dumps(etcd.watch_request(wanted, revision))
            connection.request('POST', '/v3/watch', body)
            response = connection.getresponse()
            while line := response.readline():
                for event in json.loads(line)['result'].get('events', ()):
                    if event.get('type') == 'DELETE':
                        there.pop(etcd.key(event['kv']), None)
                    else:
                        there[etcd.key(event['kv'])] = etcd.value(event['kv'])
                self._hear(there)

    def _hear(self, keys: Mapping[str, str]) -> None:
        """Note what etcd says; wake up where it is news."""
        first = self._members_keys
        members = frozenset(name.removeprefix(first) for name in keys if name.startswith(first))
        is_news = self._leader.hear(keys.get(self._leader_key, ''), time.monotonic())
        if is_news or members != self._members:
            self._members = members
            self._poke()

    def _poke(self) -> None:
        os.write(self._pipe, b'\n')


def _open_pipe(path: Path) -> int:
    """Return the open pipe *path*, which belongs to the owner of its folder."""
    if not path.is_fifo():
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    # For writing too: a pipe without a writer is always readable.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def _due(path: Path) -> float:
    """Return when a hook was asked for, in seconds since 1970; infinity when never."""
    try:
        return float(path.read_text())
    except (FileNotFoundError, ValueError):
        return float('inf')


def main() -> None:
    """Run the watcher that the command line describes."""
    parser = argparse.ArgumentParser()
    for name in ('unit', 'juju-exec', 'address', 'leader-key'):
        parser.add_argument(f'--{name}', required=True)
    parser.add_argument('--patroni', type=int, required=True, metavar='PORT')
    for name in ('ca', 'certificate', 'key', 'settings', 'run', 'poke', 'contact'):
        parser.add_argument(f'--{name}', type=Path, required=True)
    given = parser.parse_args()
    door = https.Door(given.address, given.patroni, given.ca, given.certificate, given.key)
    ask = [given.juju_exec, given.unit, _HOOK]
    paths = (given.run, given.poke, given.contact)
    Watcher(ask, door, given.settings, given.leader_key, *paths).run()


if __name__ == '__main__':
    main()
