"""Tests of ``run`` and ``exec``: parameters, results, failures (contract 4.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_controller import Controller

from solo import errors

QUEUED = {'operation': 1, 'tasks': [{'id': '2', 'unit': 'a/0'}], 'errors': []}


def task(**results: Any) -> dict[str, Any]:
    return {
        '2': {
            'id': '2',
            'log': [],
            'message': '',
            'results': {'return-code': 0, **results},
            'status': 'completed',
            'timing': {},
            'unit': 'a/0',
        }
    }


def test_run_reports_on_stderr_and_answers_on_stdout() -> None:
    controller = Controller(run=QUEUED, task_wait=task(key={'sub': 'v'}))

    done = controller.run('run', '--format', 'json', 'a/0', 'act')

    assert done.code == 0
    assert json.loads(done.out)['a/0']['results']['key'] == {'sub': 'v'}
    assert done.err == (
        'Running operation 1 with 1 task\n  - task 2 on unit-a-0\n\nWaiting for task 2...\n'
    )
    assert controller.asked[1] == ('task_wait', {'model': '', 'tasks': [2], 'timeout': 60.0})


def test_run_reads_values_as_yaml_over_the_file(tmp_path: Path) -> None:
    controller = Controller(run=QUEUED, task_wait=task())
    file = tmp_path / 'p.yaml'
    file.write_text('file: {kind: gz, level: 1}\nout: x')

    controller.run('run', 'a/leader', 'act', '--params', str(file), 'file.kind=xz', 'n=5', 'b=y')

    assert controller.asked[0][1] == {
        'model': '',
        'receivers': ['a/leader'],
        'action': 'act',
        'params': {'file': {'kind': 'xz', 'level': 1}, 'out': 'x', 'n': 5, 'b': 'y'},
    }


def test_string_args_are_left_alone() -> None:
    controller = Controller(run=QUEUED, task_wait=task())

    controller.run('run', 'a/0', 'act', '--string-args', 'n=5', 'on=true')

    assert controller.asked[0][1]['params'] == {'n': '5', 'on': 'true'}


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('run',), 'no unit specified'),
        (('run', 'a/0'), 'no action specified'),
        (('run', 'a/0', 'b/0', 'act'), 'all units must be of the same application'),
        (('run', 'A!', 'act'), 'invalid unit or action name "A!"'),
        (('run', 'a/0', 'act', 'x'), 'argument "x" must be of the form key.key.key...=value'),
        (
            ('run', 'a/0', 'act', '--wait', '1s', '--background'),
            'cannot specify both --wait and --background',
        ),
        (
            ('run', 'a/0', 'act', '--wait', 'soon'),
            'invalid value "soon" for option --wait: time: invalid duration "soon"',
        ),
        (('exec', '--unit', 'a/0'), 'no commands specified'),
        (
            ('exec', 'ls'),
            'You must specify a target, either through --all, --machine, --application or --unit',
        ),
    ],
)
def test_wrong_usage_exits_with_2(argv: tuple[str, ...], message: str) -> None:
    done = Controller().run(*argv)

    assert (done.code, done.err) == (2, f'ERROR {message}\n')


def test_return_code_fails_the_command_and_shows_the_result() -> None:
    found = task(**{'return-code': 1, 'stderr': 'oh\n'})
    found['2']['status'] = 'failed'
    controller = Controller(run=QUEUED, task_wait=found)

    done = controller.run('run', '--format', 'json', 'a/0', 'act')

    assert done.code == 1
    assert json.loads(done.out)['a/0']['status'] == 'failed'
    assert done.err.endswith(
        'ERROR the following task failed:\n - id "2" with return code 1\n\n'
        "use 'juju show-task' to inspect the failure\n\n"
    )


def test_action_fail_alone_is_success() -> None:
    found = task()
    found['2'].update(status='failed', message='no')
    controller = Controller(run=QUEUED, task_wait=found)

    done = controller.run('run', 'a/0', 'act')

    assert done.code == 0
    assert done.out == 'Action id 2 failed: no\n\n'


def test_plain_output_is_the_results_and_what_was_printed() -> None:
    controller = Controller(run=QUEUED, task_wait=task(key='v', stdout='said\n'))

    done = controller.run('run', 'a/0', 'act')

    assert done.out == 'key: v\n\nsaid\n'


def test_lines_of_the_log_come_with_their_time() -> None:
    controller = Controller(run=QUEUED, task_wait=task())
    controller.events['task_wait'] = [{'log': 'half', 'time': 3661}, {'log': 'all', 'time': 3662}]

    done = controller.run('run', 'a/0', 'act', '--utc')

    assert done.err.endswith('Waiting for task 2...\n01:01:01 half\n01:01:02 all\n\n')


def test_timeout_leaves_stdout_empty() -> None:
    controller = Controller(run=QUEUED, task_wait={'2': {'id': '2', 'status': 'running'}})

    done = controller.run('run', '--format', 'json', 'a/0', 'act', '--wait', '1.5s')

    assert (done.code, done.out) == (1, '')
    assert done.err.endswith('ERROR timed out waiting for results from: unit a/0\n')
    assert controller.asked[1][1]['timeout'] == 1.5


def test_nothing_scheduled_is_no_failure() -> None:
    fault = 'unit "a/9" not found'
    controller = Controller(run={'operation': 1, 'tasks': [], 'errors': [fault]})

    done = controller.run('run', '--format', 'json', 'a/9', 'act')

    assert (done.code, done.out) == (0, '')
    assert done.err == f'Operation 1 failed to schedule any tasks:\n{fault}\n'


def test_unknown_action_keeps_jubilants_phrase() -> None:
    error = errors.Error('action "x" not defined for unit "a/0".', 'not found')

    done = Controller(run=error).run('run', 'a/0', 'x')

    assert done.err == 'ERROR action "x" not defined for unit "a/0". (not found)\n'


def test_background_does_not_wait() -> None:
    done = Controller(run=QUEUED).run('run', 'a/0', 'act', '--background')

    assert (done.code, done.err) == (0, 'Scheduled operation 1 with task 2\n')


def test_exec_quotes_several_words_and_hands_on_one() -> None:
    controller = Controller(exec=QUEUED, task_wait=task(stdout='x'))

    controller.run('exec', '--unit', 'a/0', '--', 'echo', 'a b', '-x')
    controller.run('exec', '--unit', 'a/0,a/1', 'echo $HOME | cat', '--wait', '9s')

    first, second = controller.asked[0][1], controller.asked[2][1]
    assert first['command'] == "echo 'a b' -x"
    assert second['command'] == 'echo $HOME | cat'
    assert second['units'] == ['a/0', 'a/1']
    assert second['timeout'] == 9.0


def test_exec_is_quiet_about_its_tasks() -> None:
    controller = Controller(exec=QUEUED, task_wait=task(stdout='x\n'))

    done = controller.run('exec', '-u', 'a/0', '--', 'true')

    assert (done.out, done.err) == ('x\n', '')


def test_exec_names_each_of_several_units() -> None:
    queued = {'operation': 1, 'tasks': [{'id': 2, 'unit': 'a/10'}, {'id': 3, 'unit': 'a/2'}]}
    found = {
        '2': {'id': '2', 'status': 'completed', 'results': {'stdout': 'ten'}},
        '3': {'id': '3', 'status': 'completed', 'results': {'stdout': 'o\n', 'stderr': 'e\n'}},
    }

    done = Controller(exec=queued, task_wait=found).run('exec', '-a', 'a', '--', 'true')

    assert done.out == 'a/2:\no\ne\n\na/10:\nten\n\n'


def test_results_of_several_units_are_named() -> None:
    queued = {'operation': 1, 'tasks': [{'id': 2, 'unit': 'a/0'}, {'id': 3, 'unit': 'a/1'}]}
    found = {
        '2': {'id': '2', 'status': 'completed', 'results': {'return-code': 0, 'x': '1'}},
        '3': {'id': '3', 'status': 'completed', 'results': {'return-code': 0}},
    }

    done = Controller(run=queued, task_wait=found).run('run', 'a/0', 'a/1', 'act')

    assert yaml.safe_load(done.out)['a/0'] == {
        'id': '2',
        'output': 'x: "1"\n',
        'status': 'completed',
    }
