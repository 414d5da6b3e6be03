"""One controller for the whole contract suite, and a model of its own for each test.

Nothing is torn down between the tests: an idle model costs nothing, and at the end the controller
is stopped and its folder removed, without running the last hooks of a hundred units.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import contract_model
import processes
import pytest

_FORCED = ('--no-prompt', '--force', '--destroy-storage')
Make = Callable[[], contract_model.Model]


@pytest.fixture(scope='session')
def new_model(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A function that adds a model."""
    cli = str(request.config.getoption('cli'))
    is_juju = Path(cli).name == 'juju'
    folder = Path(tempfile.mkdtemp(prefix='contract-', dir='/var/tmp'))
    folder.chmod(0o711)
    env = {} if is_juju else {'SOLO_DATA': str(folder / 'data')}
    made: list[contract_model.Model] = []

    def make() -> contract_model.Model:
        name = f'test-{secrets.token_hex(4)}'
        traces = folder / name
        traces.mkdir()
        model = contract_model.Model(cli, name, traces, env)
        made.append(model)
        model.command('add-model', '--no-switch', name)
        return model

    try:
        yield make
        for model in made if is_juju else ():
            model.command('destroy-model', model.name, *_FORCED)
        if made and not is_juju:
            made[0].command('controller', 'stop')
    finally:
        if not is_juju:
            processes.end_all_of(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def model(request: pytest.FixtureRequest, new_model: Make) -> Iterator[contract_model.Model]:
    """A model for one test; its log is shown when the test failed."""
    failed = request.session.testsfailed
    model = new_model()
    yield model
    if request.session.testsfailed > failed:
        print(model.ask('status', '--relations').out, model.ask('debug-log', '--limit', '200').out)


@pytest.fixture(scope='module')
def shared(new_model: Make) -> contract_model.Model:
    """A model for the tests of one file, each with applications of its own."""
    return new_model()
