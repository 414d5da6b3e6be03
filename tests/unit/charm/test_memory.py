"""Settings that follow from the machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm import memory

GB = 1024**3


def settings(
    profile: str = 'production',
    gigabytes: float = 16,
    cores: int = 4,
    units: int = 1,
    connections: int = 100,
    buffers: str | None = None,
) -> dict[str, str]:
    return memory.settings(profile, int(gigabytes * GB), cores, units, connections, buffers)


def megabytes(text: str) -> int:
    found = re.fullmatch(r'(\d+)MB', text)
    assert found
    return int(found[1])


def limit(root: Path, group: str, **values: str) -> None:
    folder = root / 'sys/fs/cgroup' / group
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace('_', '.')).write_text(f'{value}\n')


def test_production_takes_a_quarter_for_the_buffers() -> None:
    assert megabytes(settings()['shared_buffers']) == 4096


def test_units_of_one_machine_share_it() -> None:
    alone, shared = settings(), settings(units=4)

    assert megabytes(alone['shared_buffers']) == 4 * megabytes(shared['shared_buffers'])


def test_testing_takes_little() -> None:
    assert megabytes(settings('testing', gigabytes=64)['shared_buffers']) == 64


def test_operator_s_choice_stands() -> None:
    assert settings(buffers='3GB')['shared_buffers'] == '3GB'


@given(
    st.sampled_from(['production', 'testing']),
    st.floats(0.25, 4096),
    st.integers(1, 256),
    st.integers(1, 20),
    st.integers(10, 10_000),
)
def test_settings_are_what_any_machine_can_bear(
    profile: str, gigabytes: float, cores: int, units: int, connections: int
) -> None:
    found = settings(profile, gigabytes, cores, units, connections)

    share = max(gigabytes * 1024 / units, 64)
    assert 16 <= megabytes(found['shared_buffers']) <= share / 2
    assert 4 <= megabytes(found['work_mem']) <= 256
    assert int(found['max_parallel_workers']) >= int(found['max_parallel_workers_per_gather']) >= 1
    assert found['max_connections'] == str(connections)


def test_machine_without_limits_is_whole(tmp_path: Path) -> None:
    found = memory.machine(tmp_path)

    assert found.memory_bytes > 0
    assert found.cores > 0


@pytest.mark.parametrize('limited', ['', 'system.slice', 'system.slice/pg.service'])
def test_limit_of_any_group_above_is_honoured(tmp_path: Path, limited: str) -> None:
    (tmp_path / 'proc/self').mkdir(parents=True)
    (tmp_path / 'proc/self/cgroup').write_text('0::/system.slice/pg.service\n')
    limit(tmp_path, 'system.slice/pg.service', memory_max='max', cpu_max='max 100000')

    limit(tmp_path, limited, memory_max='67108864', cpu_max='150000 100000')

    assert memory.machine(tmp_path) == memory.Machine(64 * 1024**2, 1)
