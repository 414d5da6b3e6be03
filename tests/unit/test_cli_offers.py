"""Tests of the verbs of offers: tables as Juju prints them, filters, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_controller import Controller

JOINED = {
    'source-model-uuid': 'uuid',
    'username': 'admin',
    'relation-id': 3,
    'endpoint': 'db',
    'status': {'current': 'joined', 'since': 'now'},
}


def offer(name: str, **more: Any) -> dict[str, Any]:
    return {
        'name': name,
        'application': 'pg',
        'description': 'A database that tells others how it can be had, in more than one line.',
        'charm': 'local:postgresql-0',
        'url': f'admin/data.{name}',
        'endpoints': {
            'db': {'interface': 'pgsql', 'role': 'provider'},
            'peer': {'interface': 'x', 'role': 'requirer'},
        },
        'connections': [],
        **more,
    }


@pytest.fixture
def controller() -> Controller:
    suspended = {**JOINED, 'relation-id': 4, 'status': {'current': 'suspended'}}
    return Controller(offers=[offer('a', connections=[JOINED, suspended]), offer('b')])


def test_offers_are_listed_by_their_connections(controller: Controller):
    assert controller.run('offers').out == (
        'Offer  User   Relation ID  Status     Endpoint  Interface  Role      Ingress subnets\n'
        'a      admin  3            joined     db        pgsql      provider\n'
        '       admin  4            suspended  db        pgsql      provider\n'
        'b      -\n'
    )


def test_a_summary_counts_them(controller: Controller):
    assert controller.run('offers', '--format', 'summary').out == (
        'Offer  Application  Charm               Connected  Store  URL           Endpoint  '
        'Interface  Role\n'
        'a      pg           local:postgresql-0  1/2        solo   admin/data.a  db        '
        'pgsql      provider\n'
        '                                                                        peer      '
        'x          requirer\n'
        'b      pg           local:postgresql-0  0/0        solo   admin/data.b  db        '
        'pgsql      provider\n'
        '                                                                        peer      '
        'x          requirer\n'
    )


def test_offers_are_filtered(controller: Controller):
    def named(*arguments: str) -> list[str]:
        out = controller.run('offers', '--format', 'json', *arguments).out
        return list(json.loads(out or '{}'))

    assert named() == ['a', 'b']
    assert named('b') == ['b']
    assert named('--active-only') == ['a']
    assert named('--interface', 'pgsql') == ['a', 'b']
    assert named('--interface', 'mysql') == []
    assert named('--application', 'other') == []


def test_found_offers_have_their_interfaces(controller: Controller):
    assert controller.run('find-offers').out == (
        'Store  URL           Access  Interfaces\n'
        'solo   admin/data.a  admin   pgsql:db, x:peer\n'
        'solo   admin/data.b  admin   pgsql:db, x:peer\n'
    )


def test_an_offer_is_shown_with_its_description():
    shown = Controller(offers=[offer('a')]).run('show-offer', 'data.a')

    assert shown.out == (
        'Application URL    Description                                 Endpoint  Interface  '
        'Role\n'
        'solo:admin/data.a  A database that tells others how it can be  db        pgsql      '
        'provider\n'
        '                   had, in more than one line.                 peer      x          '
        'requirer\n'
    )


def test_an_offer_of_another_model_is_made_there():
    controller = Controller(offer={'url': 'admin/data.x'})

    done = controller.run('offer', 'data.pg:db,db-admin', 'x')

    assert controller.asked[0][1] == {
        'model': 'data',
        'application': 'pg',
        'endpoints': ['db', 'db-admin'],
        'name': 'x',
    }
    assert done.err == 'Application "pg" endpoints [db, db-admin] available at "admin/data.x"\n'


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('offer',), 'an offer must at least specify application endpoint'),
        (('offer', 'pg'), 'endpoints must conform to format "<application-name>:<endpoint-name>'),
        (('offer', 'pg:'), 'specify endpoints for pg'),
        (('offer', 'P:db'), 'application name "P" not valid'),
        (('offer', 'pg:db', 'x', 'y'), 'an offer can only specify application endpoints and off'),
        (('offer', '-c', 'far', 'pg:db'), 'controller far not found'),
        (('consume',), 'no remote offer specified'),
        (('consume', 'far:admin/data.a'), 'controller far not found'),
        (('consume', 'data.a', 'X'), 'invalid application name "X"'),
        (('find-offers', '--url', 'data', '--offer', 'a'), 'cannot specify both a URL term and'),
        (('find-offers', '--url', 'data', 'data'), 'URL term cannot be specified twice'),
        (('find-offers', 'nobody/data'), 'no matching application offers found'),
        (('show-offer',), 'must specify endpoint URL'),
        (('show-offer', 'a/b/c.d'), 'application offer URL has invalid form'),
        (('remove-offer',), 'no offers specified'),
        (('remove-offer', 'data.a:db'), 'These offers contain endpoints. Only specify the offer'),
        (('remove-saas',), 'no SAAS application names specified'),
        (('suspend-relation',), 'no relation ids specified'),
        (('resume-relation', 'x'), 'relation ID "x" not valid'),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    controller: Controller, arguments: tuple[str, ...], words: str
):
    done = controller.run(*arguments)

    assert done.code in (1, 2)
    assert words in done.err


def test_removing_an_offer_with_its_relations_asks_first(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
):
    import io

    monkeypatch.setattr('sys.stdin', io.StringIO('no\n'))

    done = controller.run('remove-offer', 'data.a', '--force')

    assert done.err.startswith('WARNING! This command will remove offers: data.a\n')
    assert done.err.endswith('ERROR offer removal: aborted\n')
    assert controller.asked == []
