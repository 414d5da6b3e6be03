"""Command lines are read as juju/gnuflag reads them."""

from __future__ import annotations

import pytest

from solo import errors, flags

COMMAND = flags.Command(
    name='relation-thing',
    args='<key>',
    summary='get things',
    details='More words.',
    flags=(
        flags.Flag(('r', 'relation'), help='specify a relation by id'),
        flags.Flag(('app',), 'bool', help='the application'),
        flags.Flag(('a',), 'bool'),
        flags.Flag(('n', 'num-units'), 'int', 1),
        flags.Flag(('config',), 'list'),
        flags.Flag(('format',), default='smart', choices=('json', 'smart', 'yaml')),
    ),
)


@pytest.mark.parametrize(
    ('argv', 'expected', 'args'),
    [
        (['--relation', '3', 'key'], {'relation': '3'}, ('key',)),
        (['key', '--relation=3', 'other'], {'relation': '3'}, ('key', 'other')),
        (['-r', 'db:3'], {'relation': 'db:3'}, ()),
        (['-rdb:3'], {'relation': 'db:3'}, ()),
        (['-ar', '3'], {'relation': '3', 'a': True}, ()),
        (['-r', '--', '-'], {'relation': '--'}, ('-',)),
        (['--app=false', '-a'], {'app': False, 'a': True}, ()),
        (['--app', 'false'], {'app': True}, ('false',)),
        (['--', '--app'], {'app': False}, ('--app',)),
        (['--config', 'a=1', '--config=b=2'], {'config': ('a=1', 'b=2')}, ()),
        (['-n', '3'], {'num-units': 3}, ()),
        (['--format', 'json', ''], {'format': 'json'}, ('',)),
    ],
)
def test_flags_and_positionals_may_mix(
    argv: list[str], expected: dict[str, object], args: tuple[str, ...]
):
    parsed = flags.parse(COMMAND, argv)

    assert {key: parsed.flags[key] for key in expected} == expected
    assert parsed.args == args


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (['--nope'], 'option provided but not defined: --nope'),
        (['-x'], 'option provided but not defined: -x'),
        (['--relation'], 'option needs an argument: --relation'),
        (['-r'], 'option needs an argument: -r'),
        (['--format', 'x'], 'invalid value "x" for option --format: unknown format "x"'),
        (
            ['--app=maybe'],
            (
                'invalid value "maybe" for option --app: '
                'strconv.ParseBool: parsing "maybe": invalid syntax'
            ),
        ),
        (
            ['-n', 'x'],
            'invalid value "x" for option -n: strconv.ParseInt: parsing "x": invalid syntax',
        ),
    ],
)
def test_errors_have_jujus_words(argv: list[str], message: str):
    with pytest.raises(errors.UsageError) as caught:
        flags.parse(COMMAND, argv)

    assert str(caught.value) == message


def test_a_flag_whose_value_is_refused_later_is_named_as_it_was_written():
    parsed = flags.parse(COMMAND, ['-r', 'x'])

    error = parsed.invalid('relation', 'invalid relation id')

    assert str(error) == 'invalid value "x" for option -r: invalid relation id'


def test_surplus_positionals_are_listed():
    parsed = flags.parse(COMMAND, ['a', 'b', 'c "d"'])

    with pytest.raises(errors.UsageError, match=r'^unrecognized args: \["b" "c \\"d\\""\]$'):
        parsed.at_most(1)


def test_absent_positionals_are_empty():
    assert flags.parse(COMMAND, ['a']).at_most(2) == ('a', '')


def test_without_interspersing_the_first_positional_ends_the_flags():
    parsed = flags.parse(COMMAND, ['-a', 'ls', '--app'], interspersed=False)

    assert parsed.args == ('ls', '--app')
    assert parsed.flags['app'] is False


@pytest.mark.parametrize('argv', [['--help'], ['-h'], ['key', '--help']])
def test_help_may_be_asked_for(argv: list[str]):
    with pytest.raises(flags.HelpAsked):
        flags.parse(COMMAND, argv)


def test_help_has_jujus_layout():
    assert flags.help_text(COMMAND, 'juju') == (
        'Usage: juju relation-thing [options] <key>\n'
        '\n'
        'Summary:\n'
        'get things\n'
        '\n'
        'Options:\n'
        '-a  (= false)\n'
        '    \n'
        '--app  (= false)\n'
        '    the application\n'
        '--config  (= )\n'
        '    \n'
        '--format  (= smart)\n'
        '    \n'
        '-n, --num-units  (= 1)\n'
        '    \n'
        '-r, --relation (= "")\n'
        '    specify a relation by id\n'
        '\n'
        'Details:\n'
        'More words.\n'
    )
