"""Tests of the command line's entry: verbs, help, errors and exit codes."""

from __future__ import annotations

import fake_controller
import pytest

from solo import errors
from solo.cli import main, table


@pytest.fixture
def controller() -> fake_controller.Controller:
    return fake_controller.Controller()


def test_every_verb_has_a_module_and_help(controller: fake_controller.Controller) -> None:
    for name in table.VERBS:
        done = controller.run(name, '--help')

        assert done.code == 0, name
        assert done.out.startswith(f'Usage: solo {name}'), name


def test_every_alias_is_a_verb() -> None:
    assert all(verb in table.VERBS for verb in table.ALIASES.values())
    assert main.verb('add-relation') is main.verb('integrate')


def test_unknown_verb_is_refused_in_jujus_words(controller: fake_controller.Controller) -> None:
    done = controller.run('statu')

    assert done.code == 2
    assert done.err == 'ERROR unrecognized command: solo statu\n\nDid you mean:\n\tstatus\n'


def test_unknown_verb_that_resembles_none(controller: fake_controller.Controller) -> None:
    done = controller.run('xyzzy')

    assert (done.code, done.err) == (2, 'ERROR unrecognized command: solo xyzzy\n')


def test_what_one_machine_has_not_is_said(controller: fake_controller.Controller) -> None:
    done = controller.run('find', 'postgresql')

    assert (done.code, done.err.startswith('ERROR cannot do "find": charms come')) == (1, True)
    assert not {*table.ABSENT} & {*table.VERBS, *table.ALIASES}


def test_unknown_flag_exits_with_2(controller: fake_controller.Controller) -> None:
    done = controller.run('status', '--nonsense')

    assert (done.code, done.err) == (2, 'ERROR option provided but not defined: --nonsense\n')


def test_no_verb_prints_the_list(controller: fake_controller.Controller) -> None:
    done = controller.run()

    assert done.code == 0
    assert 'solo deploy postgresql pg-a --wait' in done.out
    assert all(name in done.out for name in table.VERBS)


def test_servers_error_carries_its_code() -> None:
    controller = fake_controller.Controller(config_get=errors.not_found('application', 'x'))

    done = controller.run('config', 'x')

    assert (done.code, done.err) == (1, 'ERROR application "x" not found (not found)\n')
    assert done.out == ''


def test_unforeseen_failure_shows_no_traceback() -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError('oh')

    controller = fake_controller.Controller(status=fail)

    plain, debug = controller.run('status'), controller.run('status', '--debug')

    assert plain.code == 1
    assert plain.err == 'ERROR ZeroDivisionError: oh; "--debug" shows where\n'
    assert 'Traceback' in debug.err


def test_interrupt_is_quiet() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    done = fake_controller.Controller(status=interrupt).run('status')

    assert (done.code, done.out, done.err) == (130, '', '')


def test_version_is_one_that_jubilant_reads(controller: fake_controller.Controller) -> None:
    done = controller.run('version')

    assert done.out.startswith('3.6.9-ubuntu-')
    assert controller.run('--version').out == done.out


def test_common_flags_may_come_first() -> None:
    controller = fake_controller.Controller(deploy={}, integrate={'relation': 1})

    assert controller.run('--debug', 'integrate', 'a', 'b').code == 0


@pytest.mark.parametrize(
    ('given', 'asked'), [('m', 'm'), ('solo:m', 'm'), ('solo:admin/m', 'm'), ('admin/m', 'm')]
)
def test_model_may_be_named_in_full(given: str, asked: str) -> None:
    controller = fake_controller.Controller(integrate={})

    controller.run('integrate', '--model', given, 'a', 'b')

    assert controller.asked[0][1]['model'] == asked


def test_model_of_another_controller_is_refused() -> None:
    done = fake_controller.Controller().run('integrate', '-m', 'lxd:m', 'a', 'b')

    assert (done.code, done.err) == (1, 'ERROR controller lxd not found (not found)\n')


def test_environment_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('JUJU_MODEL', 'other')
    controller = fake_controller.Controller(integrate={})

    controller.run('integrate', 'a', 'b')

    assert controller.asked[0][1]['model'] == 'other'
