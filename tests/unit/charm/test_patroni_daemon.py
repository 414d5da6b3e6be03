"""What we change in Patroni is still there to be changed, and does what it should."""

from __future__ import annotations

import importlib.util
from pathlib import Path

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


def test_patroni_still_loads_parameters_there():
    # Read, not imported: Patroni changes the umask of whoever imports it.
    spec = importlib.util.find_spec('patroni')
    assert spec is not None and spec.origin is not None

    source = (Path(spec.origin).parent / 'postgresql' / 'config.py').read_text()

    assert 'def load_current_server_parameters(self)' in source
    assert 'self._server_parameters = CaseInsensitiveDict(' in source
