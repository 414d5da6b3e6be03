"""One member of etcd, for one application: its key, its folder, its process.

What it shall be stands in the list of members that the application's units give. It never changes
that list: the application's leader adds, promotes and removes it.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from pgcharm import consensus, etcd, files, https, layout, packages, ports, services, voting

_log = logging.getLogger(__name__)

USER = 'etcd'
"""Whom the distribution's package makes."""

_FIRST_PORTS = ports.Ports(postgresql=0, patroni=0, etcd_client=2379, etcd_peer=2380)
_LEAVE_SECONDS = 30.0
_SILENT_SECONDS = 10.0  # longer than an election
_LOOK_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class State:
    """What a member does, in words that an application's name follows."""

    words: str
    name: Literal['blocked', 'waiting', 'active']


WAITS = State('waits for', 'waiting')
STANDS_BY = State('stands by for', 'active')
JOINS = State('joins', 'waiting')
VOTES = State('votes for', 'active')


@dataclasses.dataclass(frozen=True)
class Machine:
    """The unit's machine: tests put another one here."""

    missing: Callable[[], tuple[str, ...]]
    install: Callable[[Sequence[str], Callable[[str], None]], None]
    ask: Callable[[layout.Layout, str, tuple[str, ...]], voting.Request]
    settle: Callable[[layout.Layout, voting.Terms, voting.Request], State]
    leave: Callable[[layout.Layout], None]


def answered(asked: voting.Request, call: str) -> voting.Request:
    """Return the request with the answer to the application's last call."""
    return dataclasses.replace(asked, answer=call)


def ask(places: layout.Layout, unit: str, addresses: tuple[str, ...]) -> voting.Request:
    """Make what a member needs before it runs, and return what to ask the application for.

    Args:
        places: The member's.
        unit: The unit that runs it.
        addresses: The unit's, the one to listen on first.
    """
    owner = places.service_user
    files.ensure_folder(places.home, mode=0o711)
    for folder in (places.conf, places.log):
        files.ensure_folder(folder, owner=owner)
    files.make_run_folders(places)
    public = files.read(_public_key(places))
    if public is None:
        from pgcharm import pki

        private, public = pki.make_key()
        files.write(places.private_key, private, owner=owner)
        files.write(_public_key(places), public)
    numbers = ports.allocate(layout.machine_root(), places.key, addresses[0], _FIRST_PORTS)
    return voting.Request(
        unit, addresses, numbers.etcd_client, numbers.etcd_peer, public, answer=''
    )


def settle(places: layout.Layout, terms: voting.Terms, asked: voting.Request) -> State:
    """Run the member as far as the application has it in its list, and return what it does."""
    owner = places.service_user
    wanted = {
        places.ca: terms.ca,
        places.certificate: terms.certificate,
        _hosts(places): '\n'.join(terms.hosts),
    }
    for path, text in wanted.items():
        if files.read(path) != text:
            files.write(path, text, owner=owner)
    supervisor = services.find(places)
    running = supervisor.running().digests
    known = etcd.read_start(places)
    found = _look(places)
    begin = known
    if found is not None:
        begin = consensus.start(found, places.member, asked.peer_url, terms.token, known)
    if begin != known:
        # The service ends first: nothing may run on what is thrown away.
        supervisor.remove()
        running = {}
        etcd.write_start(places, begin)
    kept = () if begin is None else (_service(places, begin, asked),)
    if running != {service.name: service.digest for service in kept}:
        supervisor.keep(kept)
    if found is None:
        return WAITS
    own = found.by_peer_url(asked.peer_url)
    if own is None:
        return STANDS_BY
    return VOTES if own.is_started and not own.is_learner else JOINS


def leave(places: layout.Layout) -> None:
    """Leave nothing on the machine, once the application counts on this member no more.

    Its leader hears of the end when we do, and takes the vote back. Where nobody answers any more,
    nobody counts on it.
    """
    begin = heard = time.monotonic()
    while etcd.read_start(places) is not None:
        found, now = _look(places), time.monotonic()
        if found is not None:
            heard = now
            if all(one.name != places.member for one in found.members):
                break
        if now - heard > _SILENT_SECONDS or now - begin > _LEAVE_SECONDS:
            _log.warning('%s ends, and its application has not said that it may', places.member)
            break
        time.sleep(_LOOK_SECONDS)
    services.find(places).remove()
    ports.release(layout.machine_root(), places.key)
    files.remove(places.run)
    files.remove(places.home)


def _look(places: layout.Layout) -> consensus.View | None:
    hosts = (files.read(_hosts(places)) or '').split()
    return consensus.look(https.doors(hosts, places.ca, places.certificate, places.private_key))


def _service(places: layout.Layout, begin: etcd.Start, asked: voting.Request) -> services.Service:
    numbers = dataclasses.replace(
        _FIRST_PORTS, etcd_client=asked.client_port, etcd_peer=asked.peer_port
    )
    binary = packages.program('etcd')
    environment = services.environment(Path(), '')
    return services.Service(
        'etcd',
        etcd.command(binary, begin, asked.addresses[0], places, numbers),
        places.service_user,
        {name: environment[name] for name in ('LANG', 'PATH')},
        stop_seconds=20,
    )


def _public_key(places: layout.Layout) -> Path:
    return places.conf / 'public-key.pem'


def _hosts(places: layout.Layout) -> Path:
    """Where etcd is, also when the relation is gone."""
    return places.conf / 'hosts'


REAL = Machine(
    missing=lambda: packages.lacking_for('etcd'),
    install=packages.install,
    ask=ask,
    settle=settle,
    leave=leave,
)
