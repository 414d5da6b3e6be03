"""What we change in Patroni is still there to be changed, and does what it should."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TextIO

import psycopg
import pytest

from pgcharm import patroni_daemon


class _Handler:
    """Patroni's handler of settings, beside a running server."""

    def __init__(self, parameters: dict[str, str], names: tuple[str, ...]) -> None:
        self._server_parameters = parameters
        self._names = names

    def load(self) -> None:
        self._server_parameters = {
            name: value for name, value in self._server_parameters.items() if name in self._names
        }

    @property
    def parameters(self) -> dict[str, str]:
        return self._server_parameters


def test_a_patroni_that_finds_a_server_keeps_the_access_files():
    handler = _Handler({'hba_file': '/h', 'ident_file': '/i', 'gone': '1', 'port': '5'}, ('port',))

    patroni_daemon.keeping(_Handler.load)(handler)

    assert handler.parameters == {'hba_file': '/h', 'ident_file': '/i', 'port': '5'}


def test_a_patroni_without_access_files_of_its_own_gets_none():
    handler = _Handler({'port': '5'}, ('port',))

    patroni_daemon.keeping(_Handler.load)(handler)

    assert handler.parameters == {'port': '5'}


def test_a_candidate_waits_less_for_a_position_and_two_seconds_for_the_rest():
    asked: list[tuple[str, float | None]] = []

    def ask(_request: object, _member: object, method: str, **options: float) -> None:
        asked.append((method, options.get('timeout')))

    hasty = patroni_daemon.hastening(ask)
    hasty(None, None, timeout=2, retries=0)
    hasty(None, None, 'post', timeout=2, retries=1)
    hasty(None, None)

    assert asked == [('GET', 0.6), ('post', 2), ('GET', None)]


class _Server:
    """Patroni's PostgreSQL."""

    def __init__(self) -> None:
        self.config = {'settings': 'f00d'}
        self.states: list[str] = []

    def set_state(self, state: str) -> None:
        self.states.append(state)


def test_a_start_that_failed_is_written_down_until_one_goes_well(tmp_path: Path):
    path, server = tmp_path / 'start-failed', _Server()
    set_state = patroni_daemon.telling(_Server.set_state, path)

    set_state(server, 'start failed')
    set_state(server, 'starting')
    assert path.read_text() == 'f00d'

    set_state(server, 'running')
    assert not path.exists()
    assert server.states == ['start failed', 'starting', 'running']


def test_patroni_still_says_when_its_lease_was_renewed():
    assert "result['dcs_last_seen'] = self.server.patroni.dcs.last_seen" in _source('api.py')
    etcd = _source('dcs/etcd3.py')
    assert 'def touch_member(self, data: Dict[str, Any]) -> bool:' in etcd
    assert 'self.refresh_lease()' in etcd


def test_patroni_still_sets_its_states_that_way():
    source = _source('postgresql/__init__.py')

    assert 'def set_state(self, value: PostgresqlState) -> None:' in source
    assert 'self.set_state(PostgresqlState.START_FAILED)' in source
    assert "START_FAILED = ('start failed'" in _source('postgresql/misc.py')
    assert 'class PostgresqlState(str, Enum)' in _source('postgresql/misc.py')


class _Writer:
    """Patroni's writer of a configuration file."""

    def __init__(self, filename: str) -> None:
        self._filename = filename

    def __enter__(self) -> TextIO:
        self._file = open(self._filename, 'w')
        return self._file

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def test_a_configuration_file_is_never_seen_in_part(tmp_path: Path):
    path = tmp_path / 'postgresql.conf'
    path.write_text('old')
    writer = patroni_daemon.whole(_Writer)

    with writer(str(path)) as file:
        file.write('new')
        file.flush()
        assert path.read_text() == 'old'
    assert path.read_text() == 'new'

    with pytest.raises(ValueError), writer(str(path)) as file:
        file.write('half')
        raise ValueError
    assert path.read_text() == 'new'


def test_patroni_still_writes_configuration_files_that_way():
    source = _source('postgresql/config.py')

    assert "self._fd = open(self._filename, 'w')" in source
    assert 'with ConfigWriter(filename) as writer' in source


def test_patroni_still_asks_for_positions_that_way():
    assert 'self.patroni.request(member, timeout=2, retries=0)' in _source('ha.py')
    assert 'def __call__(self, member: Member, method: str = ' in _source('request.py')


def _source(path: str) -> str:
    # Read, not imported: Patroni changes the umask of whoever imports it.
    spec = importlib.util.find_spec('patroni')
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / path).read_text()


def test_patroni_still_loads_parameters_there():
    source = _source('postgresql/config.py')

    assert 'def load_current_server_parameters(self)' in source
    assert 'self._server_parameters = CaseInsensitiveDict(' in source


def test_programs_of_libpq_notice_a_dead_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ('PGSERVICEFILE', 'PGSERVICE'):
        monkeypatch.setenv(name, '')  # so that it is put back

    patroni_daemon.notice_the_dead(tmp_path / 'pg_service.conf')

    options = {one.keyword: one.val for one in psycopg.pq.Conninfo.get_defaults()}
    assert options[b'keepalives_idle'] == b'5'
    assert options[b'tcp_user_timeout'] == b'15000'
