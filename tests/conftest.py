"""Fixtures of all tests: the command line from the outside, in a data directory of its own.

``juju`` is a ``jubilant.Juju`` in a model of its own; ``solo`` runs one command line and keeps
what it said. Both use the launcher at the repository's root, or what ``--cli`` names.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import own as owns
import processes
import pytest

if TYPE_CHECKING:  # unit tests don't pay for it
    import jubilant

REPOSITORY = Path(__file__).resolve().parents[1]


class Run(Protocol):
    """Run the command line under test with these arguments, in the tests' data directory."""

    def __call__(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = '',
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]: ...


def pytest_addoption(parser: pytest.Parser):
    """Add the options of the tests that run a command line."""
    group = parser.getgroup('solo')
    group.addoption(
        '--cli',
        default=str(REPOSITORY / 'solo'),
        help='the command line under test, for example "juju" (default: ./solo)',
    )
    group.addoption(
        '--keep-models', action='store_true', help='leave models and the controller behind'
    )


@pytest.fixture(scope='session')
def repository() -> Path:
    """The clone that is tested."""
    return REPOSITORY


@pytest.fixture(scope='session')
def data(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data directory for the session; afterwards nothing is left of its controller.

    Its path is short, because sockets lie in it, and a charm's service user can pass through it.
    """
    folder = Path(tempfile.mkdtemp(prefix='solo-', dir='/var/tmp'))
    folder.chmod(0o711)
    keep = request.config.getoption('keep_models')
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv('SOLO_DATA', str(folder))
            yield folder
            if keep:
                print(f'\nkept: SOLO_DATA={folder}')
                return
            if (folder / 'solo.db').exists():
                subprocess.run(
                    [
                        str(request.config.getoption('cli')),
                        *('destroy-controller', 'solo', '--no-prompt'),
                        *('--destroy-all-models', '--destroy-storage'),
                    ],
                    check=True,
                    timeout=300,
                )
    finally:
        if not keep:
            left = processes.end_all_of(folder)
            shutil.rmtree(folder, ignore_errors=True)
            assert not left, 'processes were left behind:\n' + '\n'.join(left)


@pytest.fixture(scope='session')
def cli(request: pytest.FixtureRequest) -> str:
    """The path or name of the command line under test, ready to be run."""
    name = str(request.config.getoption('cli'))
    if name != 'juju':
        request.getfixturevalue('data')
    return name


@pytest.fixture(scope='session')
def solo(cli: str) -> Run:
    """A function that runs the command line: ``solo('status', '--format', 'json')``.

    Exit codes are the test's business; *env* comes on top of the tests' own environment.
    """

    def run(
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = '',
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [cli, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
        )

    return run


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Iterator[owns.Own]:
    """A solo with a data directory of its own, for one test that breaks it."""
    with owns.temporary(str(request.config.getoption('cli'))) as own:
        yield own


@pytest.fixture(scope='session')
def charms(repository: Path) -> Path:
    """The folder of the test charms."""
    return repository / 'tests' / 'charms'


@pytest.fixture(scope='module')
def juju(request: pytest.FixtureRequest, cli: str) -> Iterator[jubilant.Juju]:
    """A model of its own for the tests of one file; its log is shown when one of them failed."""
    import jubilant

    juju = jubilant.Juju(cli_binary=cli, wait_timeout=600)
    model = f'test-{secrets.token_hex(4)}'
    juju.add_model(model)
    failed_before = request.session.testsfailed
    try:
        yield juju
    finally:
        if request.session.testsfailed > failed_before:
            print(juju.cli('status'), juju.debug_log(limit=1000), sep='\n')
        if not request.config.getoption('keep_models'):
            juju.destroy_model(model, destroy_storage=True, force=True)
