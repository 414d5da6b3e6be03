"""How a unit leaves a cluster that goes on: each stage ends in its time, whatever the others do.

Source of the hand-over: measured; with a candidate the others sleep 2 s, and Patroni looks at a
server that it stops only once a second. So we stop the server ourselves, and wake everybody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from . import cluster, consensus, errors, files, https, layout, membership, patroni, steps

_log = logging.getLogger(__name__)

_SECONDS = 20.0
"""Longest time for one wait: who leaves a cluster that is lost is gone in a minute or so."""

_LOOK_SECONDS = 0.1


def hand_over(step: steps.HandOver, places: layout.Layout) -> None:
    """Stop the primary once everything is on the disk, and wait until another unit is one.

    A fast shutdown sends all to the connected standbys before it ends. Harmless when called
    twice, and when there is nobody to take over: then it only says so.
    """
    own = places.member

    def is_possible() -> bool:
        found = cluster.look(step.door)
        return found is not None and (
            found.leader != own or any(one.is_streaming for one in found.members)
        )

    if not _wait_for(is_possible):
        _log.warning("no other unit can take over: the data stay on this unit's storage")
        return
    if _leader(step.door) == own:
        _stop(step, places)
    doors = (step.door, *step.others)
    cluster.knock(doors)
    if not _wait_for(lambda: any(_leader(door) not in ('', own) for door in doors)):
        _log.warning('no other unit has taken over within %d s', _SECONDS)


def _stop(step: steps.HandOver, places: layout.Layout) -> None:
    import psycopg

    from . import postgres

    folder = str(places.socket_folder)
    # What is on the disk before need not be written while nobody can write.
    with (
        contextlib.suppress(psycopg.Error),
        postgres.connect(folder, step.port, patroni.SUPERUSER, None) as connection,
    ):
        connection.execute('CHECKPOINT')
    stop_server(step.bin_dir, places)


def stop_server(bin_dir: Path, places: layout.Layout) -> None:
    """Stop PostgreSQL where it runs, whether or not there is a Patroni to do it."""
    user = layout.service_user()
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [str(bin_dir / 'pg_ctl'), 'stop', '-m', 'fast', '-D', str(places.data)],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            cwd='/',
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )


def stand_aside(step: steps.StandAside) -> None:
    """Wait until nothing that was confirmed depends on this standby any more."""
    files.write(step.path, step.content, owner=layout.service_user())
    with contextlib.suppress(errors.UnreachableError):
        cluster.reload(step.door)

    def is_aside() -> bool:
        found = cluster.look(step.door)
        own = found.member(step.member) if found is not None else None
        return found is not None and (own is None or not own.is_synchronous)

    if not _wait_for(is_aside):
        _log.warning('the primary still counts on this unit after %d s', _SECONDS)
    # What only we have confirmed until now, the other standbys must have too.
    positions = [cluster.position(door) for door in step.others]
    goal = max((one.lsn for one in positions if one is not None and one.is_primary), default=0)

    def have_all() -> bool:
        found = [cluster.position(door) for door in step.others]
        return all(one.lsn >= goal for one in found if one is not None)

    if not _wait_for(have_all):
        _log.warning('the other standbys are behind after %d s', _SECONDS)


def leave_etcd(step: steps.LeaveEtcd) -> None:
    """Change etcd's members, one by one, until this unit is none of them."""
    member = layout.member_of(step.owner)

    def decide(found: consensus.View) -> membership.Change | None:
        answers = {name: cluster.look(door) for name, door in step.patronis.items()}
        leaders = {found.leader for found in answers.values() if found is not None}
        units = [
            dataclasses.replace(
                unit,
                is_alive=unit.is_alive or answers.get(unit.name) is not None,
                is_primary=unit.name in leaders and not unit.is_leaving,
            )
            for unit in step.units
        ]
        return membership.next_change(found.members, found.leader, units)

    def is_out() -> bool:
        found = consensus.look(step.doors)
        if found is not None and all(one.name != member for one in found.members):
            return True
        consensus.change(step.doors, step.owner, decide)
        return False

    if not _wait_for(is_out):
        _log.warning('etcd still has the member %s: the leader removes it later', member)


def _leader(door: https.Door) -> str:
    found = cluster.look(door)
    return found.leader if found is not None else ''


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
