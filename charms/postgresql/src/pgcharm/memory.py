"""Settings of PostgreSQL that follow from the machine, shared fairly by the units on it.

Source: PostgreSQL manual, "Resource Consumption" and "Query Planning".
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

_MB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the machine has for us, limits of a container honoured."""

    memory_bytes: int
    cores: int


def machine(root: Path = Path('/')) -> Machine:
    """Return the memory and the cores that we may use.

    Args:
        root: Where ``proc`` and ``sys`` are.

    Source: proc(5), cgroups(7); Linux: ``Documentation/admin-guide/cgroup-v2.rst``.
    """
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    cores = len(os.sched_getaffinity(0))
    for group in _groups(root):
        limit = _words(group / 'memory.max')
        if limit and limit[0].isdigit():
            memory = min(memory, int(limit[0]))
        quota = _words(group / 'cpu.max')
        if len(quota) == 2 and quota[0].isdigit():
            cores = min(cores, max(1, int(quota[0]) // int(quota[1])))
    return Machine(memory, cores)


def _groups(root: Path) -> list[Path]:
    """Return the folders of our control group and of those above it: each may limit us."""
    top = root / 'sys/fs/cgroup'
    lines = _words(root / 'proc/self/cgroup')
    own = next((line.removeprefix('0::/') for line in lines if line.startswith('0::/')), '')
    group = top / own
    return [group, *(folder for folder in group.parents if folder.is_relative_to(top))]


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []  # no limit to be read is no limit


def settings(
    profile: str,
    memory_bytes: int,
    cores: int,
    units_on_machine: int,
    max_connections: int,
    shared_buffers: str | None,
) -> dict[str, str]:
    """Return parameters of postgresql.conf.

    Args:
        profile: ``production`` takes a quarter of the memory for the buffers, ``testing`` little.
        units_on_machine: Units that share the machine, 1 or more.
        shared_buffers: The operator's choice, None by the profile.
    """
    share = memory_bytes // max(units_on_machine, 1) // _MB  # in MB, as all that follows
    testing = profile == 'testing'
    buffers = min(64, share // 4) if testing else min(share // 4, 16 * 1024)
    cached = share // 2 if testing else share * 3 // 4
    workers = max(1, cores // 2)
    return {
        'max_connections': str(max_connections),
        'shared_buffers': shared_buffers or f'{max(buffers, 16)}MB',
        'effective_cache_size': f'{max(cached, 64)}MB',
        # Each connection may sort several times at once; a quarter of the memory is for that.
        'work_mem': f'{min(max(share // 4 // max_connections, 4), 256)}MB',
        'maintenance_work_mem': f'{min(max(share // 16, 16), 2048)}MB',
        'max_parallel_workers': str(workers * 2),
        'max_parallel_workers_per_gather': str(workers),
        'min_wal_size': '64MB' if testing else '1GB',
        'max_wal_size': '256MB' if testing else '4GB',
        'checkpoint_completion_target': '0.9',
    }
