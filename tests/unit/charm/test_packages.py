"""How packages are installed, on a machine that is only a list of what it was asked."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from pgcharm import errors, packages

NAMES = ('postgresql-15', 'etcd-server')


@dataclasses.dataclass
class Machine:
    """Answers apt-get with *ends* one after the other, and refuses what it doesn't expect."""

    folder: Path
    ends: list[str] = dataclasses.field(default_factory=list[str])
    knows: bool = True
    policy: str | None = None
    is_root: bool = True
    asked: list[str] = dataclasses.field(default_factory=list[str])
    paused: float = 0.0

    def run(self, arguments: Sequence[str], text: str = '') -> subprocess.CompletedProcess[str]:
        words = list(arguments)
        if words[:2] == ['sudo', '-n']:
            self.asked.append('sudo')
            return subprocess.CompletedProcess(words, 1, '', 'a password is required')
        if words[0] == 'env':
            words = words[words.index('apt-get') :]
            assert 'DPkg::Lock::Timeout=600' in words
            verb = next(word for word in words if word in ('update', 'install'))
            self.asked.append(verb)
            if verb == 'install':
                assert self.policy
                assert words[-2:] == list(NAMES)
            error = self.ends.pop(0) if verb == 'install' and self.ends else ''
            return subprocess.CompletedProcess(words, bool(error), '', error and f'E: {error}\n')
        return subprocess.CompletedProcess(words, *self._plain(words, text), '')

    def _plain(self, words: Sequence[str], text: str) -> tuple[int, str]:
        match words:
            case ['true'] | ['systemctl', 'disable', *_] | ['dpkg', '--configure', *_]:
                self.asked.append(words[0])
                return 0, ''
            case ['apt-cache', 'show', *_]:
                return int(not self.knows), ''
            case ['cat', '/usr/sbin/policy-rc.d']:
                return int(self.policy is None), self.policy or ''
            case ['install', *_, '/usr/sbin/policy-rc.d']:
                self.policy = text
                return 0, ''
            case ['install', *_, '/etc/postgresql-common/createcluster.d/charm.conf']:
                assert text == 'create_main_cluster = false\n'
                return 0, ''
            case ['rm', '-f', '/usr/sbin/policy-rc.d']:
                self.policy = None
                return 0, ''
            case _:
                raise AssertionError(f'unexpected: {words}')

    def pause(self, seconds: float) -> None:
        self.paused += seconds

    def install(self, *names: str) -> list[str]:
        told: list[str] = []
        outside = packages.Outside(self.run, self.pause, self.folder, self.is_root)
        packages.install(names, told.append, outside)
        return told


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_run_for_nothing(machine: Machine) -> None:
    machine.install()

    assert machine.asked == []


def test_known_packages_need_no_update_and_no_service_starts(machine: Machine) -> None:
    told = machine.install(*NAMES)

    assert machine.asked == ['true', 'install', 'systemctl']
    assert machine.policy is None
    assert told == ['installing postgresql-15, etcd-server']


def test_unknown_packages_need_an_update(machine: Machine) -> None:
    machine.knows = False

    machine.install(*NAMES)

    assert machine.asked[1:3] == ['update', 'install']


def test_apt_that_fails_once_is_asked_again(machine: Machine) -> None:
    machine.ends = ['Failed to fetch http://mirror/x.deb']

    told = machine.install(*NAMES)

    assert machine.asked[1:4] == ['install', 'update', 'install']
    assert machine.paused > 0
    assert 'Failed to fetch' in told[1]


def test_locks_of_lists_are_waited_for(machine: Machine) -> None:
    locked = 'Could not get lock /var/cache/apt/archives/lock. It is held by process 7'
    machine.ends = [locked] * 20

    told = machine.install(*NAMES)

    assert machine.paused == 100
    assert len(told) == 1


def test_package_that_does_not_exist_is_not_asked_for_for_ever(machine: Machine) -> None:
    machine.ends = ['Unable to locate package postgresql-15'] * 9

    with pytest.raises(errors.OperatorError, match='postgresql-15 etcd-server: Unable') as told:
        machine.install(*NAMES)

    assert 'run "sudo apt-get install postgresql-15 etcd-server"' in str(told.value)
    assert machine.asked.count('install') == 2
    assert machine.policy is None


def test_interrupted_dpkg_is_mended(machine: Machine) -> None:
    machine.ends = ["dpkg was interrupted, you must manually run 'dpkg --configure -a'"]

    machine.install(*NAMES)

    assert 'dpkg' in machine.asked


def test_somebody_else_s_policy_stays(machine: Machine) -> None:
    machine.policy = '#!/bin/sh\nexit 104\n'

    machine.install(*NAMES)

    assert machine.policy == '#!/bin/sh\nexit 104\n'


def test_policy_that_a_killed_hook_left_is_removed(machine: Machine) -> None:
    machine.policy = (
        '#!/bin/sh\n# Written by the PostgreSQL charm while it installs packages.\nexit 101\n'
    )

    machine.install(*NAMES)

    assert machine.policy is None


def test_unprivileged_user_is_told_the_command(machine: Machine) -> None:
    machine.is_root = False

    with pytest.raises(errors.OperatorError, match='without root: run "sudo apt-get install'):
        machine.install(*NAMES)

    assert machine.asked == ['sudo']


def test_machine_lacks_the_server_of_a_version_that_is_not_installed() -> None:
    assert 'postgresql-99' in packages.missing('99')
