"""Tests that every command line which jubilant writes is understood (contract 4.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fake_controller
import jubilant
import pytest

DEPLOYED = {'application': 'a', 'charm': 'a', 'revision': 0, 'base': 'debian@12'}
QUEUED = {'operation': 1, 'tasks': [{'id': 2, 'unit': 'a/0'}], 'errors': []}
RESULT = {
    'id': '2',
    'status': 'completed',
    'results': {'return-code': 0, 'stdout': 'hi\n', 'k': 'v'},
    'unit': 'a/0',
}
CONFIG = {
    'application': 'a',
    'charm': 'a',
    'application-config': {'trust': {'type': 'bool', 'value': True, 'source': 'user'}},
    'settings': {
        'port': {'type': 'int', 'value': 81, 'source': 'user'},
        'unset': {'type': 'string', 'source': 'unset'},
    },
}
MODEL = {
    'name': 'admin/m',
    'short-name': 'm',
    'model-uuid': 'u',
    'model-type': 'iaas',
    'controller-uuid': 'c',
    'controller-name': 'solo',
    'is-controller': False,
    'cloud': 'localhost',
    'life': 'alive',
}


class Juju(jubilant.Juju):
    """Jubilant with our command line in place of a process."""

    def __init__(self, controller: fake_controller.Controller) -> None:
        super().__init__(model='m')
        self.controller = controller

    def _cli(
        self,
        *args: str,
        include_model: bool = True,
        stdin: str | None = None,
        log: bool = True,
        timeout: float | None = None,
    ) -> tuple[str, str]:
        if include_model and self.model is not None:
            args = (args[0], '--model', self.model, *args[1:])
        done = self.controller.run(*args)
        if done.code:
            raise jubilant.CLIError(done.code, list(args), done.out, done.err)
        return done.out, done.err


@pytest.fixture
def juju() -> Juju:
    removed: dict[str, Any] = {'removed': [], 'failed': []}
    return Juju(
        fake_controller.Controller(
            add_model={},
            add_unit={'units': ['a/1']},
            config_get=CONFIG,
            config_set={},
            debug_log={},
            deploy=DEPLOYED,
            destroy_model={},
            exec=QUEUED,
            integrate={'relation': 1},
            model_config={'mode': {'Value': '', 'Source': 'default'}},
            refresh={'charm': 'a', 'revision': 1},
            remove_application=removed,
            remove_relation={},
            remove_unit=removed,
            run=QUEUED,
            show_model={'m': MODEL},
            show_unit={
                'a/0': {'opened-ports': [], 'charm': 'local:a-0', 'leader': True, 'life': 'alive'}
            },
            status=fake_controller.status(),
            task_wait={'2': RESULT},
            trust={},
        )
    )


def test_deploy_with_everything(juju: Juju, tmp_path: Path) -> None:
    juju.deploy(
        tmp_path,
        'a',
        attach_storage=['d/0', 'd/1'],
        base='ubuntu@22.04',
        bind={'': 'alpha', 'db': 'alpha'},
        channel='edge',
        config={'on': True, 'n': 3},
        constraints={'mem': '2G'},
        force=True,
        num_units=1,
        resources={'r': '/x'},
        revision=3,
        storage={'d': '1G'},
        to=['0', '1'],
        trust=True,
    )

    assert juju.controller.asked[0][1]['config'] == {'on': 'true', 'n': '3'}


def test_changing_methods(juju: Juju) -> None:
    juju.add_unit('a', num_units=2, to='0')
    juju.add_unit('a', attach_storage='d/0')
    juju.remove_unit('a/0', destroy_storage=True, force=True)
    juju.remove_application('a', 'b', destroy_storage=True, force=True)
    juju.integrate('a', 'b', via='10.0.0.0/8')
    juju.remove_relation('a', 'b', force=True)
    juju.config('a', {'port': 1}, reset=['x', 'y'])
    juju.config('a', reset='x')
    juju.trust('a', remove=True)
    juju.refresh('a', path='./a', config={'x': 1}, force=True, resources={'r': '/x'}, trust=True)
    juju.model_config({'mode': 'strict'}, reset='x')
    juju.destroy_model('m', destroy_storage=True, force=True, no_wait=True, timeout=9)
    juju.add_model('n', 'localhost', config={'a': True}, credential='c')

    assert [params.get('model', 'm') for _, params in juju.controller.asked] == ['m'] * 13


def test_config_is_read(juju: Juju) -> None:
    assert juju.config('a') == {'port': 81}
    assert juju.config('a', app_config=True) == {'trust': True}
    assert juju.model_config() == {'mode': ''}


def test_run_and_exec_give_a_task(juju: Juju) -> None:
    task = juju.run('a/0', 'act', {'x': {'y': 1}}, wait=5)

    assert (task.id, task.results, task.stdout) == ('2', {'k': 'v'}, 'hi\n')
    assert juju.controller.asked[0][1]['params'] == {'x': {'y': 1}}
    assert juju.exec('echo', '-n', 'hi', unit='a/0', wait=2.5).stdout == 'hi\n'
    assert juju.controller.asked[2][1]['command'] == 'echo -n hi'


def test_status_is_read(juju: Juju) -> None:
    status = juju.status()

    assert status.apps['pg-a'].units['pg-a/2'].leader
    assert status.model.name == 'm'


def test_show_model_unit_version_and_log(juju: Juju) -> None:
    assert juju.show_model().short_name == 'm'
    assert juju.controller.asked[0][1]['model'] == 'm'
    assert juju.show_unit('a/0').leader
    assert juju.version().tuple == (3, 6, 9)
    assert juju.debug_log(limit=5) == ''


def test_failures_are_those_that_jubilant_knows(juju: Juju) -> None:
    failed = json.loads(json.dumps(RESULT))
    failed.update(status='failed')
    failed['results']['return-code'] = 3
    juju.controller.answers['task_wait'] = {'2': failed}

    with pytest.raises(jubilant.TaskError) as caught:
        juju.run('a/0', 'act')

    assert caught.value.task.return_code == 3
    juju.controller.answers['task_wait'] = {'2': {'id': '2', 'status': 'pending'}}
    with pytest.raises(TimeoutError):
        juju.run('a/0', 'act')
    juju.controller.answers['run'] = {'operation': 1, 'tasks': [], 'errors': ['gone']}
    with pytest.raises(ValueError, match='error running action'):
        juju.run('a/0', 'act')
