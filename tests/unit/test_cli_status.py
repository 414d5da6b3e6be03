"""Tests of ``status``: the formats, against a status built by hand from the contract (4.5)."""

from __future__ import annotations

import json

import fake_controller
import pytest

from solo.cli import status_filter, status_tabular

TABULAR = """\
Model  Controller  Cloud/Region         Version  SLA          Timestamp
m      solo        localhost/localhost  3.6.9    unsupported  03:04:05Z

App   Version          Status  Scale  Charm       Channel  Rev  Exposed  Message
log                    active      1  log                    3  yes
pg-a  15.14-0+deb1...  active      2  postgresql             0  no       ready

Unit      Workload     Agent      Machine  Public address  Ports                Message
pg-a/2*   active       idle       0        127.1.0.2       53/udp 80-81,443/tcp  ready
  log/0   active       idle                127.1.0.2
pg-a/10   maintenance  executing  0                                              (install)

Machine  State    Address    Inst id        Base       AZ  Message
0        started  127.1.0.2  juju-abcdef-0  debian@12
"""


def squeezed(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.fixture
def controller() -> fake_controller.Controller:
    return fake_controller.Controller(status=fake_controller.status())


def test_tabular_is_jujus(controller: fake_controller.Controller) -> None:
    done = controller.run('status')

    assert (done.code, done.err) == (0, '')
    assert squeezed(done.out) == squeezed(TABULAR)


def test_columns_are_aligned(controller: fake_controller.Controller) -> None:
    lines = controller.run('status').out.splitlines()

    heading = next(line for line in lines if line.startswith('Unit'))
    unit = next(line for line in lines if line.startswith('pg-a/2*'))
    assert unit.index('active') == heading.index('Workload')
    assert unit.index('127.1.0.2') == heading.index('Public address')
    assert not any(line.endswith(' ') for line in lines)


def test_relations_are_shown_only_when_asked_for(controller: fake_controller.Controller) -> None:
    without, asked = controller.run('status'), controller.run('status', '--relations')

    assert 'Integration provider' not in without.out
    assert 'pg-a:db               web:db    pgsql      regular  joining' in asked.out


def test_json_has_no_private_keys(controller: fake_controller.Controller) -> None:
    found = json.loads(controller.run('status', '--format', 'json').out)

    assert set(found) == {'model', 'machines', 'applications', 'controller'}
    assert found['applications']['pg-a']['units']['pg-a/2']['leader'] is True


def test_oneline_names_every_unit_below_its_principal(
    controller: fake_controller.Controller,
) -> None:
    lines = controller.run('status', '--format', 'short').out.splitlines()

    assert lines == [
        '',
        '- pg-a/2: 127.1.0.2 (agent:idle, workload:active) 53/udp 80-81,443/tcp',
        '  - log/0: 127.1.0.2 (agent:idle, workload:active)',
        '- pg-a/10:  (agent:executing, workload:maintenance)',
    ]


def test_summary_counts(controller: fake_controller.Controller) -> None:
    out = controller.run('status', '--format', 'summary').out

    assert 'Running on subnets:  127.0.0.0/8' in out
    assert squeezed(out)[3:6] == [['#', 'Machines:', '(1)'], ['started:', '1'], []]


def test_color_does_not_move_columns(controller: fake_controller.Controller) -> None:
    plain = controller.run('status').out
    color = controller.run('status', '--color').out

    assert '\x1b[92mactive\x1b[0m' in color
    for code in ('\x1b[92m', '\x1b[93m', '\x1b[95m', '\x1b[0m'):
        color = color.replace(code, '')
    assert color == plain


def test_empty_model_is_said_on_stderr() -> None:
    controller = fake_controller.Controller(
        status=fake_controller.status(applications={}, machines={}, _relations=[])
    )

    done = controller.run('status')

    assert done.out.count('\n') == 2
    assert done.err == '\nModel "admin/m" is empty.\n'


def test_filter_keeps_what_matches(controller: fake_controller.Controller) -> None:
    found = status_filter.select(fake_controller.status(), ['pg-a/2'])

    assert found is not None
    assert list(found['applications']) == ['pg-a']
    assert list(found['applications']['pg-a']['units']) == ['pg-a/2']
    assert list(found['machines']) == ['0']


def test_filter_that_matches_nothing_is_no_failure(
    controller: fake_controller.Controller,
) -> None:
    done = controller.run('status', 'nope')

    assert (done.code, done.out, done.err) == (0, '', 'Nothing matched specified filter.\n')


def test_filter_by_machine_shows_its_units() -> None:
    found = status_filter.select(fake_controller.status(), ['0'])

    assert found is not None
    assert set(found['applications']['pg-a']['units']) == {'pg-a/2', 'pg-a/10'}


def test_unknown_format_exits_with_2(controller: fake_controller.Controller) -> None:
    done = controller.run('status', '--format', 'xml')

    assert done.code == 2
    assert done.err == 'ERROR invalid value "xml" for option --format: unknown format "xml"\n'


@pytest.mark.parametrize(
    ('opened', 'shown'),
    [
        ((), ''),
        (('80/tcp', '443/tcp'), '80,443/tcp'),
        (('80/tcp', '81/tcp', '82/tcp'), '80-82/tcp'),
        (('icmp', '53/udp'), '53/udp icmp'),
        (('8000-8010/tcp', '8011/tcp'), '8000-8011/tcp'),
    ],
)
def test_ports_are_shortened(opened: tuple[str, ...], shown: str) -> None:
    assert status_tabular.ports(opened) == shown


def test_long_messages_are_cut() -> None:
    unit = {
        'workload-status': {'message': 'x' * 200},
        'juju-status': {'current': 'idle'},
    }

    assert status_tabular.message(unit) == 'x' * 117 + '...'


def test_scale_counts_working_agents() -> None:
    units = {
        'a/0': {'juju-status': {'current': 'idle'}},
        'a/1': {'juju-status': {'current': 'allocating'}},
    }

    assert status_tabular.scale({'units': units}) == '1/2'
