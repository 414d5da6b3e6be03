"""Tests of the changing verbs: what they ask the controller, what they say, what they refuse."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from fake_controller import Controller

from solo import errors

DEPLOYED = {
    'application': 'pg-a',
    'charm': 'postgresql',
    'revision': 0,
    'base': 'debian@12',
    'origin': 'local',
    'located': True,
}

INVALID_MODEL = (
    '"X" is not a valid name: model names may only contain lowercase letters, digits and hyphens'
)


def asked(controller: Controller) -> dict[str, Any]:
    assert len(controller.asked) == 1
    return controller.asked[0][1]


def test_deploy_says_what_juju_says() -> None:
    controller = Controller(deploy=DEPLOYED)

    done = controller.run('deploy', 'postgresql', 'pg-a')

    assert (done.code, done.out) == (0, '')
    assert done.err == (
        'Located local charm "postgresql", revision 0\n'
        'Deploying "pg-a" from local charm "postgresql", revision 0 on debian@12/stable\n'
    )
    assert asked(controller) == {
        'model': '',
        'charm': 'postgresql',
        'application': 'pg-a',
        'num_units': 1,
        'config': {},
        'config_file_text': '',
        'to': [],
        'storage': {},
        'resources': {},
        'trust': False,
        'force': False,
        'constraints': '',
        'bind': '',
        'attach_storage': [],
    }


def test_deploy_reads_every_flag_of_jubilant(tmp_path: Path) -> None:
    controller = Controller(deploy=DEPLOYED)
    file = tmp_path / 'conf.yaml'
    file.write_text('pg-a: {port: 81}')

    controller.run(
        *('deploy', '--model', 'm', str(tmp_path), 'pg-a'),
        *('--config', 'a=1', '--config', str(file), '--config', 'b=x=y'),
        *('--num-units', '1', '--to', '0,1', '--storage', 'pgdata=10G', '--trust', '--force'),
        *('--constraints', 'mem=2G', '--constraints', 'cores=2', '--bind', 'db=alpha'),
        *('--resource', 'blob=/x', '--base', 'ubuntu@22.04', '--channel', 'edge'),
        *('--attach-storage', 'pgdata/0,pgdata/1', '--revision', '7'),
    )

    params = asked(controller)
    assert params['charm'] == str(tmp_path)
    assert params['config'] == {'a': '1', 'b': 'x=y'}
    assert params['config_file_text'] == 'pg-a: {port: 81}'
    assert params['to'] == ['0', '1']
    assert params['storage'] == {'pgdata': '10G'}
    assert params['constraints'] == 'mem=2G cores=2'
    assert params['resources'] == {'blob': '/x'}
    assert params['attach_storage'] == ['pgdata/0', 'pgdata/1']
    assert params['num_units'] == 1
    assert params['trust'] and params['force']


def test_relative_charm_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    controller = Controller(deploy=DEPLOYED)

    controller.run('deploy', './charm')

    assert asked(controller)['charm'] == str(tmp_path / 'charm')


def test_bare_name_that_is_also_a_file_is_ambiguous(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'pg').mkdir()

    done = Controller().run('deploy', 'pg')

    assert done.code == 1
    assert 'The charm or bundle "pg" is ambiguous.' in done.err


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('deploy',), 'no charm or bundle specified'),
        (('deploy', 'pg', 'No_Name'), 'invalid application name "No_Name"'),
        (('deploy', 'pg', 'a', 'b'), 'unrecognized args: ["b"]'),
        (('deploy', 'pg', '-n', '0'), '--num-units must be a positive integer'),
        (('deploy', 'pg', '--storage', 'x'), 'expected "key=value", got "x"'),
        (
            ('add-unit', 'pg', '-n', '2', '--attach-storage', 'd/0'),
            '--attach-storage cannot be used with -n',
        ),
        (('add-unit',), 'no application specified'),
        (('add-unit', 'a', '-n', '-1'), '--num-units must be a positive integer'),
        (('remove-unit', 'app'), 'invalid unit name "app"'),
        (
            ('remove-unit', 'a/0', '--num-units', '1'),
            '--num-units for non k8s models not valid',
        ),
        (('remove-unit', 'a/0', '--no-wait'), '--no-wait without --force not valid'),
        (('remove-application',), 'no application specified'),
        (('integrate', 'a'), 'an integration must involve two applications'),
        (('integrate', 'a:', 'b'), 'endpoint "a:" not valid'),
        (('remove-relation', 'x'), 'invalid relation ID "x"'),
        (('config',), 'no application name specified'),
        (
            ('config', 'a', 'k=v', 'j'),
            'cannot get value and set key=value pairs simultaneously',
        ),
        (
            ('config', 'a', 'k=v', '--reset', 'k'),
            'cannot set and reset key "k" simultaneously',
        ),
        (('resolved',), 'no unit specified'),
        (('resolved', '--all', 'a/0'), 'specifying unit names(s) with --all not supported'),
        (('expose', 'a', '--to-cidrs', 'x'), 'cannot parse "x": invalid CIDR address'),
        (('ssh',), 'no target name specified'),
        (('ssh', 'No!'), 'invalid target name "No!"'),
        (('show-unit',), 'a unit name must be supplied'),
        (('destroy-model',), 'no model specified'),
        (
            ('add-model', 'X'),
            INVALID_MODEL,
        ),
        (
            ('debug-log', '-l', 'loud'),
            'level value "loud" is not one of "TRACE", "DEBUG", "INFO", "WARNING", "ERROR"',
        ),
        (('debug-log', '--tail', '--no-tail'), 'setting --tail and --no-tail not valid'),
        (('completion', 'fish'), 'no completion for "fish": there are bash and zsh'),
        (('controller', 'dance'), 'unrecognized command: controller dance'),
    ],
)
def test_wrong_usage_exits_with_2(argv: tuple[str, ...], message: str) -> None:
    done = Controller().run(*argv)

    assert (done.code, done.out, done.err) == (2, '', f'ERROR {message}\n')


def test_remove_unit_says_what_happens_to_storage() -> None:
    removed = [{'unit': 'a/1', 'detached': ['data/0'], 'destroyed': ['tmp/1']}]
    controller = Controller(remove_unit={'removed': removed, 'failed': []})

    done = controller.run('remove-unit', '--no-prompt', 'a/1')

    assert (done.code, done.err) == (0, '')
    assert done.out == (
        'will remove unit a/1\n- will remove storage tmp/1\n- will detach storage data/0\n'
    )


def test_remove_unit_goes_on_after_a_failure() -> None:
    result = {
        'removed': [{'unit': 'a/1'}],
        'failed': [{'unit': 'a/9', 'error': 'unit "a/9" not found'}],
    }

    done = Controller(remove_unit=result).run('remove-unit', 'a/9', 'a/1')

    assert (done.code, done.out) == (1, 'will remove unit a/1\n')
    assert done.err == 'ERROR removing unit a/9 failed: unit "a/9" not found\n'


@pytest.mark.parametrize(('answer', 'asked'), [('y\n', 2), ('n\n', 1), ('', 1)])
def test_a_removal_asks_first_where_the_model_wants_that(
    monkeypatch: pytest.MonkeyPatch, answer: str, asked: int
) -> None:
    removed = [{'unit': 'a/1', 'detached': ['data/0']}]
    controller = Controller(
        remove_unit=lambda params: {  # pyright: ignore[reportUnknownLambdaType]  # a request
            'removed': removed,
            'failed': [],
            'asks': not params['confirmed'],
        }
    )
    monkeypatch.setattr('sys.stdin', io.StringIO(answer))

    done = controller.run('remove-unit', 'a/1')

    assert done.out == 'will remove unit a/1\n- will detach storage data/0\n'
    assert done.err.startswith(
        'This command will perform the following actions:\n\nContinue [y/N]? '
    )
    assert len(controller.asked) == asked
    assert done.code == (0 if asked == 2 else 1)


def test_remove_application_lists_its_units() -> None:
    removed = [{'application': 'a', 'units': ['a/0'], 'detached': ['d/0'], 'destroyed': []}]

    done = Controller(remove_application={'removed': removed, 'failed': []}).run(
        'remove-application', '--no-prompt', 'a', '--destroy-storage', '--force'
    )

    assert done.out == (
        'will remove application a\n- will remove unit a/0\n- will detach storage d/0\n'
    )


@pytest.mark.parametrize('verb', ['integrate', 'add-relation', 'relate'])
def test_integrate_says_nothing(verb: str) -> None:
    controller = Controller(integrate={'relation': 3})

    done = controller.run(verb, 'a:db', 'b', '--via', '10.0.0.0/8')

    assert done == (0, '', '')
    assert asked(controller)['endpoints'] == ['a:db', 'b']


def test_remove_relation_takes_endpoints_or_an_id() -> None:
    controller = Controller(remove_relation={})

    controller.run('remove-relation', 'a', 'b', '--force')
    controller.run('remove-relation', '3')

    assert [params for _, params in controller.asked] == [
        {'model': '', 'endpoints': ['a', 'b']},
        {'model': '', 'id': 3},
    ]


CONFIG = {
    'application': 'a',
    'charm': 'a',
    'application-config': {'trust': {'type': 'bool', 'value': False, 'source': 'default'}},
    'settings': {
        'port': {'type': 'int', 'value': 81, 'source': 'user'},
        'name': {'type': 'string', 'source': 'unset'},
        'on': {'type': 'boolean', 'value': True, 'source': 'user'},
    },
}


@pytest.mark.parametrize(
    ('key', 'shown'), [('port', '81\n'), ('name', '\n'), ('on', 'true\n'), ('trust', 'false\n')]
)
def test_config_prints_one_value_on_a_line(key: str, shown: str) -> None:
    done = Controller(config_get=CONFIG).run('config', 'a', key)

    assert (done.code, done.out) == (0, shown)


def test_config_of_an_unknown_key() -> None:
    done = Controller(config_get=CONFIG).run('config', 'a', 'nope')

    assert done.code == 1
    assert done.err == (
        'ERROR key "nope" not found in "a" application config or charm settings.\n'
    )


def test_config_sets_and_resets_in_one_request(tmp_path: Path) -> None:
    controller = Controller(config_set={})
    text = tmp_path / 'value'
    text.write_text('long')

    controller.run('config', 'a', 'x=1', f'y=@{text}', 'z=', '--reset', 'p,q')

    assert asked(controller) == {
        'model': '',
        'application': 'a',
        'settings': {'x': '1', 'y': 'long', 'z': ''},
        'reset': ['p', 'q'],
        'file_text': '',
    }


def test_missing_file_is_said_in_gos_words() -> None:
    done = Controller().run('config', 'a', '--file', '/nowhere/x')

    assert (done.code, done.err) == (1, 'ERROR open /nowhere/x: no such file or directory\n')


def test_quiet_silences_people_not_machines() -> None:
    controller = Controller(deploy=DEPLOYED, config_get=CONFIG)

    assert controller.run('deploy', 'pg', '-q').err == ''
    assert controller.run('config', 'a', 'port', '-q').out == '81\n'


def test_progress_of_a_deploy_goes_to_stderr() -> None:
    controller = Controller(deploy=DEPLOYED)
    controller.events['deploy'] = [{'progress': 'building the environment'}]

    done = controller.run('deploy', 'pg')

    assert done.err.startswith('building the environment\nLocated')


def test_output_goes_into_a_file(tmp_path: Path) -> None:
    done = Controller(config_get=CONFIG).run('config', 'a', '-o', str(tmp_path / 'o'))

    assert done.out == ''
    assert 'port' in (tmp_path / 'o').read_text()


def test_switch_tells_both_ends() -> None:
    controller = Controller(
        models={'models': [], 'current-model': 'a'}, switch={'from': 'a', 'to': 'b'}
    )

    assert controller.run('switch').out == 'solo:admin/a\n'
    assert controller.run('switch', 'b').err == 'solo:admin/a -> solo:admin/b\n'
    assert controller.run('switch', 'a').err == 'solo:admin/a (no change)\n'


def test_switch_to_an_unknown_model() -> None:
    controller = Controller(
        models={'models': [], 'current-model': 'a'}, switch=errors.not_found('model', 'x')
    )

    done = controller.run('switch', 'x')

    assert (done.code, done.err) == (1, 'ERROR "x" is not the name of a model or controller\n')


def test_add_model_switches_unless_told_not_to() -> None:
    controller = Controller(add_model={})

    done = controller.run('add-model', '--no-switch', 'x', '--config', 'mode=strict')

    assert done.err == "Added 'x' model on localhost/localhost for user 'admin'\n"
    assert asked(controller) == {'name': 'x', 'config': {'mode': 'strict'}, 'switch': False}


def test_destroy_model_tells_how_it_goes() -> None:
    controller = Controller(destroy_model={})
    controller.events['destroy_model'] = [{'progress': 'Destroying model'}]

    done = controller.run('destroy-model', 'x', '--no-prompt', '--timeout', '30s', '--force')

    assert (done.code, done.err) == (0, 'Destroying model\nModel destroyed.\n')
    assert asked(controller)['timeout'] == 30.0


def test_models_marks_the_current_one() -> None:
    model: dict[str, Any] = {
        'short-name': 'm',
        'model-uuid': 'u',
        'cloud': 'localhost',
        'region': 'localhost',
        'type': 'local',
        'status': {'current': 'available'},
        'machines': {'0': {}},
        '_units': 2,
    }
    controller = Controller(models={'models': [model], 'current-model': 'm'})

    table, as_json = controller.run('models').out, controller.run('models', '--format', 'json').out

    assert table.splitlines()[0] == 'Controller: solo'
    assert table.splitlines()[3].split()[:6] == [
        'm*', 'localhost/localhost', 'local', 'available', '1', '2'
    ]  # fmt: skip
    assert '_units' not in as_json


def test_whoami_and_controllers_name_the_one_there_is() -> None:
    controller = Controller(models={'models': [], 'current-model': 'm'})

    assert controller.run('whoami').out == (
        'Controller:  solo\nModel:       m\nUser:        admin\n'
    )
    assert 'solo*' in controller.run('controllers').out


def test_bootstrap_starts_the_controller() -> None:
    controller = Controller(bootstrap={'pid': 7, 'data': '/d', 'name': 'solo'})

    done = controller.run('bootstrap', 'localhost', 'solo', '--no-switch')

    assert done.err == 'Controller "solo" is running, process 7, in /d\n'
    assert controller.run('bootstrap', 'mars').code == 1


def test_debug_log_prints_lines_as_juju_does() -> None:
    record = {
        'time': 1.25,
        'entity': 'unit-a-0',
        'level': 'INFO',
        'module': 'unit.a/0.juju-log',
        'message': 'hello',
    }
    controller = Controller(debug_log={})
    controller.events['debug_log'] = [{'lines': [record]}, {'lines': []}]

    done = controller.run('debug-log', '--limit', '0', '--utc', '--date', '--ms')

    assert done.out == 'unit-a-0: 1970-01-01 00:00:01.250 INFO unit.a/0.juju-log hello\n'
    assert asked(controller)['count'] == 0
    assert asked(controller)['follow'] is False


@pytest.mark.parametrize(
    ('argv', 'count', 'follow'),
    [
        ((), 0, False),
        (('-n', '5'), 5, False),
        (('--limit', '3'), 3, False),
        (('--tail',), 10, True),
        (('--tail', '--replay'), 0, True),
        (('--replay', '--no-tail'), 0, False),
    ],
)
def test_debug_log_counts_and_follows(argv: tuple[str, ...], count: int, follow: bool) -> None:
    controller = Controller(debug_log={})

    controller.run('debug-log', *argv)

    assert (asked(controller)['count'], asked(controller)['follow']) == (count, follow)


def test_show_unit_of_several_units() -> None:
    controller = Controller(show_unit=lambda p: {p['unit']: {'opened-ports': []}})  # pyright: ignore[reportUnknownLambdaType]

    done = controller.run('show-unit', 'a/0', 'a/1', '--format', 'json')

    assert done.out == '{"a/0":{"opened-ports":[]},"a/1":{"opened-ports":[]}}\n'


def test_storage_and_actions_without_any() -> None:
    controller = Controller(storage={}, actions={})

    assert controller.run('storage') == (0, '', 'No storage to display.\n')
    assert controller.run('actions', 'a').err == 'No actions defined for a.\n'


def test_actions_are_listed_with_what_they_say() -> None:
    controller = Controller(actions={'b': {'description': 'Do b.\nMore.'}, 'a': {}})

    done = controller.run('actions', 'app')

    assert (
        done.out == 'Action  Description\na       No description\nb       Do b.\n        More.\n'
    )
