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


def machine() -> Machine:
    """Return the memory and the cores that we may use. Source: proc(5), cgroups(7)."""
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    try:
        limit = Path('/sys/fs/cgroup/memory.max').read_text().strip()
        memory = min(memory, int(limit)) if limit.isdigit() else memory
    except OSError:
        pass  # no limit to be read is no limit
    return Machine(memory, len(os.sched_getaffinity(0)))


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
