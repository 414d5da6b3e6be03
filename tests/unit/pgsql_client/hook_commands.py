"""Juju's hook commands as charmhelpers starts them, answered in this process.

``HookCommands`` stands in for ``subprocess``; a command that it doesn't expect fails the test.
"""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml


class HookCommands:
    """What Juju knows and was told, as plain attributes; ``bags`` is relation → unit → bag."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {'database': '', 'roles': ''}
        self.bags: dict[str, dict[str, dict[str, str]]] = {}
        self.written: dict[str, dict[str, str | None]] = {}
        self.params: dict[str, Any] = {}
        self.status: tuple[str, str] | None = None
        self.results: dict[str, str] = {}
        self.failure: str | None = None
        self.current: str | None = None

    def install(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        """Answer charmhelpers from now on; it keeps its files in *folder*."""
        hookenv = importlib.import_module('charmhelpers.core.hookenv')
        for cache in ('cache', '_cache_config', '_atstart', '_atexit'):
            empty = None if cache == '_cache_config' else type(getattr(hookenv, cache))()
            monkeypatch.setattr(hookenv, cache, empty)
        monkeypatch.setattr(subprocess, 'check_output', self.check_output)
        monkeypatch.setattr(subprocess, 'check_call', self.call)
        monkeypatch.setattr(subprocess, 'call', self.call)
        monkeypatch.setenv('CHARM_DIR', str(folder))
        monkeypatch.setenv('JUJU_UNIT_NAME', 'app/0')
        for name in ('JUJU_RELATION', 'JUJU_RELATION_ID', 'JUJU_REMOTE_UNIT'):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv('JUJU_DEPARTING_UNIT', raising=False)

    def in_relation(
        self, monkeypatch: pytest.MonkeyPatch, relation: str, remote: str = '', departing: str = ''
    ) -> None:
        """Let the hook that comes be one of *relation*."""
        self.current = relation
        monkeypatch.setenv('JUJU_RELATION', relation.partition(':')[0])
        monkeypatch.setenv('JUJU_RELATION_ID', relation)
        monkeypatch.setenv('JUJU_REMOTE_UNIT', remote)
        if departing:
            monkeypatch.setenv('JUJU_DEPARTING_UNIT', departing)

    def call(self, argv: list[str]) -> int:
        self._answer(argv[0], argv[1:])
        return 0

    def check_output(self, argv: list[str], universal_newlines: bool = False) -> str | bytes:
        answer = self._answer(argv[0], argv[1:])
        return answer if universal_newlines else answer.encode()

    def _answer(self, command: str, arguments: list[str]) -> str:
        match command, arguments:
            case 'config-get', ['--all', '--format=json']:
                return json.dumps(self.config)
            case 'relation-ids', ['--format=json', endpoint]:
                found = [id_ for id_ in self.bags if id_.partition(':')[0] == endpoint]
                return json.dumps(sorted(found))
            case 'relation-list', ['--format=json', '-r', relation]:
                return json.dumps(sorted(self.bags[relation]))
            case 'relation-get', ['--format=json', '-r', relation, key, unit]:
                return json.dumps(self._read(relation, unit, key))
            case 'relation-get', ['--format=json', key, unit]:
                assert self.current is not None
                return json.dumps(self._read(self.current, unit, key))
            case 'relation-set', ['--help']:
                return 'relation-set [--file F]'
            case 'relation-set', ['-r', relation, '--file', path]:
                return self._write(relation, path)
            case 'relation-set', ['--file', path]:
                assert self.current is not None
                return self._write(self.current, path)
            case 'status-set', [status, message]:
                self.status = (status, message)
            case 'action-get', ['--format=json']:
                return json.dumps(self.params)
            case 'action-set', pairs:
                self.results = dict(pair.split('=', 1) for pair in pairs)
            case 'action-fail', [message]:
                self.failure = message
            case _:
                raise AssertionError(f'no such hook command: {command} {arguments}')
        return ''

    def _read(self, relation: str, unit: str, key: str) -> Mapping[str, str] | str | None:
        bag = self.bags[relation][unit]
        return bag if key == '-' else bag.get(key)

    def _write(self, relation: str, path: str) -> str:
        if relation not in self.bags:
            raise subprocess.CalledProcessError(2, 'relation-set')
        self.written.setdefault(relation, {}).update(yaml.safe_load(Path(path).read_text()))
        return ''


def bag(state: str, host: str = '10.0.0.1', **changes: str) -> dict[str, str]:
    """Return what a database unit publishes for app, whose units 0 and 1 are allowed."""
    complete = {
        'host': host,
        'port': '5432',
        'database': 'reports',
        'user': 'juju_app',
        'password': 'pw',
        'state': state,
        'allowed-units': 'app/0 app/1',
    }
    return complete | changes


def conninfo(host: str = '10.0.0.1') -> str:
    """Return the connection that ``bag(..., host)`` makes."""
    return f'dbname=reports user=juju_app host={host} port=5432 password=pw'
