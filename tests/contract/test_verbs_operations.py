"""Actions, operations and tasks from the outside. Source: contract 3.20 and 4.3."""

from __future__ import annotations

import json
from pathlib import Path

import jubilant
import pytest
from conftest import Run
from in_model import InModel
from waiting import wait_for

CHARM = Path(__file__).parents[1] / 'charms' / 'tracer'


@pytest.fixture(scope='module')
def app(juju: jubilant.Juju) -> str:
    juju.deploy(CHARM, 'app')
    juju.wait(jubilant.all_agents_idle, delay=0.2)
    return 'app'


class Runs(InModel):
    """The command line, and tasks in the background."""

    def background(self, *words: str) -> str:
        """Schedule one task and return its number."""
        done = self('run', *words, '--background')
        assert done.returncode == 0, done.stderr
        return done.stderr.split()[-1]


@pytest.fixture
def run(juju: jubilant.Juju, solo: Run, app: str) -> Runs:
    return Runs(juju, solo)


def test_an_operation_and_its_tasks_are_shown(run: Runs):
    run('run', 'app/0', 'touch', 'name=here')

    listed = run.json('operations')
    number, last = list(listed.items())[-1]
    (task,) = last['tasks']
    shown = run.json('show-operation', number)

    assert last['status'] == 'completed'
    assert last['summary'] == 'touch run on app/0'
    assert last['action']['name'] == 'touch' and last['action']['parameters']['name'] == 'here'
    assert set(last['timing']) == {'enqueued', 'started', 'completed'}
    assert last['tasks'][task]['host'] == 'app/0'
    assert last['tasks'][task]['results']['touched'] == 'here'
    assert shown == last
    assert run.json('show-task', task)['results']['touched'] == 'here'
    assert run('show-task', task).stdout == 'touched: here\n\n'


def test_operations_are_a_table_and_can_be_filtered(run: Runs):
    run('exec', '--unit', 'app/0', 'true')
    run('run', 'app/0', 'fail', 'message=why')

    table = run('operations').stdout.splitlines()
    failed = run.json('operations', '--status', 'failed', '--actions', 'fail')
    execs = run.json('operations', '--actions', 'juju-exec', '--units', 'app/0')
    others = run('operations', '--apps', 'other')

    assert table[0].split() == ['Id', 'Status', 'Started', 'Finished', 'Task', 'IDs', 'Summary']
    assert [each['status'] for each in failed.values()] == ['failed']
    assert {each['action']['name'] for each in execs.values()} == {'juju-exec'}
    assert (others.stdout, others.stderr) == ('', 'no matching operations\n')
    assert 'is not a valid task status' in run('operations', '--status', 'x').stderr


def test_a_task_that_waits_is_cancelled_and_never_runs(run: Runs):
    slow = run.background('app/0', 'slow', 'seconds=5')
    waits = run.background('app/0', 'touch', 'name=never')

    cancelled = run.json('cancel-task', waits)
    ended = run.json('show-task', slow, '--wait', '60s')

    assert cancelled['actions'][0]['status'] == 'cancelled'
    assert cancelled['actions'][0]['unit'] == 'app/0'
    assert ended['status'] == 'completed'
    shown = run.json('show-task', waits)
    assert (shown['status'], shown['message']) == ('cancelled', 'action cancelled via the API')
    assert 'never' not in run('exec', '--unit', 'app/0', 'ls').stdout


def test_a_task_that_runs_is_ended_and_aborted(run: Runs):
    task = run.background('app/0', 'slow', 'seconds=60')
    wait_for(lambda: run.json('show-task', task)['status'] == 'running')

    told = run.json('cancel-task', task)
    shown = run.json('show-task', task, '--watch')

    assert told['actions'][0]['status'] == 'aborting'
    assert shown['status'] == 'aborted'
    again = run('cancel-task', task)
    assert again.returncode == 1
    assert f'task: {task}, error: task "{task}" is aborted already' in again.stderr


def test_waiting_for_a_task_ends_in_time(run: Runs):
    task = run.background('app/0', 'slow', 'seconds=60')

    late = run('show-task', task, '--wait', '1s')
    run('cancel-task', task)

    assert late.returncode == 1
    assert 'timeout reached' in late.stderr
    assert run('show-task', '999').stderr == 'ERROR task "999" not found (not found)\n'
    assert run('show-operation', '999').stderr == 'ERROR operation "999" not found (not found)\n'
    assert run('show-task', 'x').returncode == 2


def test_a_machine_runs_commands_in_no_context(run: Runs, juju: jubilant.Juju):
    """Contract 4.3: on ``--machine`` no context."""
    machine = next(iter(juju.status().machines))
    found = juju.exec('echo "${JUJU_CONTEXT_ID:-none}"; pwd', machine=int(machine))

    assert found.stdout == 'none\n/\n'
    with pytest.raises(jubilant.TaskError) as caught:
        juju.exec('echo oh >&2; exit 3', machine=int(machine))
    assert (caught.value.task.return_code, caught.value.task.stderr) == (3, 'oh\n')


def test_commands_of_a_machine_can_be_cancelled(run: Runs, juju: jubilant.Juju):
    machine = next(iter(juju.status().machines))
    queued = run('exec', '--machine', machine, '--background', 'sleep 60')
    task = queued.stderr.split()[-1]
    wait_for(lambda: run.json('show-task', task)['status'] == 'running')

    run('cancel-task', task)

    assert run.json('show-task', task, '--watch')['status'] == 'aborted'


def test_actions_are_listed_and_described(run: Runs):
    listed = run('actions', 'app').stdout
    described = run('show-action', 'app', 'crash').stdout

    assert listed.splitlines()[0].split() == ['Action', 'Description']
    assert described.startswith('Set a result, write to both outputs, and exit.\n\nArguments\n')
    assert 'code:' in described
    assert 'unknown action "nope"' in run('show-action', 'app', 'nope').stderr
    assert (
        run('show-action', 'app', 'undone').stdout == 'Declared, and not there.\n\nNo arguments\n'
    )


def test_who_is_not_there_holds_nobody(run: Runs):
    none = run('exec', '--unit', 'app/99', '--', 'true')
    some = run('exec', '--format', 'json', '--unit', 'app/0,app/99', '--', 'echo here')

    number = none.stderr.split()[1]
    assert (none.returncode, none.stdout) == (0, '')
    assert 'failed to schedule any tasks:\nunit "app/99" not found' in none.stderr
    assert run.json('show-operation', number)['status'] == 'error'
    assert some.returncode == 0
    assert json.loads(some.stdout)['app/0']['results']['stdout'] == 'here\n'
    assert 'unit "app/99" not found' in some.stderr
