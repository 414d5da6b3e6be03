"""``juju-exec``'s command line (contract 1.7)."""

from __future__ import annotations

import dataclasses

import pytest
from hook_api import SNAPSHOT, relation

from solo import errors, flags, model
from solo.agent import outside

UNITS = ('app/0', 'sub/0')
WORLD = dataclasses.replace(
    SNAPSHOT,
    relations={
        3: relation(members={'pg/0': 1, 'pg/1': 1}),
        4: relation(4, members={'pg/0': 1}),
        5: relation(5, members={}),
    },
)


@pytest.mark.parametrize(
    ('args', 'unit', 'script'),
    [
        (('app/0', 'echo $HOME | cat'), 'app/0', 'echo $HOME | cat'),
        (('app/0', 'echo', '$HOME', 'a b'), 'app/0', "echo '$HOME' 'a b'"),
        (('-u', 'sub/0', 'ls', '-l'), 'sub/0', 'ls -l'),
        (('unit-x', 'ls'), 'app/0', 'unit-x ls'),
    ],
)
def test_one_argument_is_a_script_and_several_are_quoted(
    args: tuple[str, ...], unit: str, script: str
):
    units = UNITS if unit in args else ('app/0',)

    asked = outside.read(args, units)

    assert (asked.unit, asked.script) == (unit, script)


@pytest.mark.parametrize(
    ('args', 'code', 'message'),
    [
        (('other/0', 'ls'), 1, 'unit "other/0" not found on this machine'),
        (('ls',), 2, 'missing unit-name'),
        (('app/0',), 2, 'missing commands'),
        (('-u', '', 'ls'), 2, 'cannot infer the unit: several are on this machine'),
        (('--nope', 'ls'), 2, 'option provided but not defined: --nope'),
    ],
)
def test_what_juju_exec_refuses(args: tuple[str, ...], code: int, message: str):
    with pytest.raises(errors.Error) as caught:
        outside.read(args, UNITS)

    assert (caught.value.exit_code, str(caught.value)) == (code, message)


def test_without_a_context_no_unit_is_needed():
    asked = outside.read(('--no-context', 'ls'), UNITS)

    assert (asked.unit, asked.script) == ('', 'ls')


def test_help_may_be_asked_for():
    with pytest.raises(flags.HelpAsked):
        outside.read(('--help',), UNITS)


@pytest.mark.parametrize(
    ('args', 'unit'),
    [
        (('-r', '4'), 'pg/0'),
        (('-r', 'db:3', '--remote-unit', 'pg/1'), 'pg/1'),
        (('-r', '5', '--remote-unit', 'pg/7', '--force-remote-unit'), 'pg/7'),
        (('-r', '3', '--remote-app', 'pg'), None),
    ],
)
def test_the_remote_unit_is_given_or_the_only_one(args: tuple[str, ...], unit: str | None):
    asked = outside.read((*args, 'app/0', 'ls'), UNITS)

    commands = outside.commands(asked, 1, WORLD)

    assert (commands.remote_unit, commands.remote_app) == (unit, 'pg')


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (('-r', '3'), 'ambiguous remote unit; possibilities are [pg/0 pg/1]'),
        (('-r', '5'), 'cannot infer remote unit in empty relation 5'),
        (('-r', '9'), 'unable to find relation id: 9'),
        (('-r', 'x'), 'invalid relation id "x"'),
        (('--remote-unit', 'pg/0'), 'remote unit: pg/0, provided without a relation'),
        (
            ('-r', '4', '--remote-unit', 'pg/9'),
            'cannot find remote unit pg/9 in relation 4; possibilities are [pg/0]',
        ),
    ],
)
def test_what_no_relation_context_can_be_made_of(args: tuple[str, ...], message: str):
    asked = outside.read((*args, 'app/0', 'ls'), UNITS)

    with pytest.raises(errors.Error) as caught:
        outside.commands(asked, 1, WORLD)

    assert str(caught.value) == message


def test_without_a_relation_there_is_no_remote_unit():
    asked = outside.read(('app/0', 'ls'), UNITS)

    assert outside.commands(asked, 1, WORLD) == model.Commands(1, 'ls')
