"""What clients of all ages ask, and what they are told."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.clients import answers, rules, wire


def read(
    asked: Mapping[str, str] | None = None,
    units: Mapping[str, Mapping[str, str]] | None = None,
    endpoint: str = 'db',
) -> wire.Client:
    client = wire.read(7, endpoint, 'web', asked or {}, units or {})
    return wire.judge(client, wire.Policy(extensions=frozenset(['citext', 'hstore'])))


def server(**changes: Any) -> answers.Server:
    return dataclasses.replace(
        answers.Server('10.0.0.1', 5432, 'standalone', '16', 'PEM'), **changes
    )


FROM = {'egress-subnets': '10.9.0.1/32'}


def test_database_is_named_after_the_application_unless_it_asks() -> None:
    assert read().database_name == 'web'
    assert read({'database': 'shop'}).database_name == 'shop'


def test_application_s_bag_goes_before_the_units_and_low_numbers_before_high() -> None:
    units = {'web/10': {'database': 'ten'}, 'web/2': {'database': 'two', 'roles': 'r'}}

    assert read({}, units).database == 'two'
    assert read({'database': 'app'}, units).database == 'app'
    assert read({'database': 'app'}, units).role_names == ('r',)


def test_wishes_are_echoed_to_the_byte() -> None:
    client = read({'database': 'shop', 'roles': ' b ,a,,a'}, {'web/0': FROM})

    bag = answers.render(client, server(), 'pw')

    assert client.role_names == ('b', 'a')
    assert (bag['database'], bag['roles']) == ('shop', ' b ,a,,a')


def test_standalone_says_all_that_the_seed_lists() -> None:
    client = read({}, {'web/1': FROM, 'web/0': {'private-address': '10.9.0.2'}, 'web/2': {}})

    bag = answers.render(client, server(), 'pw')

    assert bag == {
        'host': '10.0.0.1',
        'port': '5432',
        'database': 'web',
        'user': 'juju_web',
        'password': 'pw',
        'schema_user': 'juju_web',
        'schema_password': 'pw',
        'state': 'standalone',
        'version': '16',
        'tls-ca': 'PEM',
        'allowed-units': 'web/0 web/1',
        'allowed-subnets': '10.9.0.1/32,10.9.0.2/32',
        'master': 'dbname=web host=10.0.0.1 password=pw port=5432 user=juju_web',
    }


def test_admin_has_no_schema_user() -> None:
    bag = answers.render(read(endpoint='db-admin'), server(), 'pw')

    assert bag['user'] == 'jujuadmin_web'
    assert 'schema_user' not in bag


def test_standby_names_the_master_and_each_standby_on_a_line() -> None:
    places = (answers.Place('10.0.0.2', 5432), answers.Place('10.0.0.3', 5433))
    standby = server(
        host='10.0.0.2',
        state='hot standby',
        master=answers.Place('10.0.0.1', 5432),
        standbys=places,
    )

    bag = answers.render(read(), standby, 'pw')

    assert bag['host'] == '10.0.0.2'
    assert 'host=10.0.0.1 ' in bag['master']
    assert [re.findall(r'host=(\S+)', line) for line in bag['standbys'].splitlines()] == [
        ['10.0.0.2'],
        ['10.0.0.3'],
    ]


def test_nobody_is_the_master_while_one_is_elected() -> None:
    assert 'master' not in answers.render(read(), server(state='failover'), 'pw')


@given(st.text(st.characters(exclude_categories=['Cc', 'Cs']), min_size=1, max_size=20))
def test_connection_string_survives_any_database_name(name: str) -> None:
    bag = answers.render(read({'database': name}), server(), 'pw')

    # The rules of libpq: PostgreSQL manual, "Keyword/Value Connection Strings".
    pairs = re.findall(r"(\w+)=('(?:\\.|[^'\\])*'|[^' \\]+)(?: |$)", bag['master'])
    values = {
        key: re.sub(r'\\(.)', r'\1', value[1:-1]) if value.startswith("'") else value
        for key, value in pairs
    }
    assert values == {
        'dbname': name,
        'host': '10.0.0.1',
        'password': 'pw',
        'port': '5432',
        'user': 'juju_web',
    }


def test_every_fault_is_told_at_once() -> None:
    client = read({'database': 'postgres', 'roles': 'pg_monitor,fine,juju_other'})

    assert [fault.split(':')[0] for fault in client.faults] == [
        "database 'postgres'",
        "role 'pg_monitor'",
        "role 'juju_other'",
    ]
    assert not client.is_usable


def test_extensions_are_read_in_every_spelling_and_echoed_to_the_byte() -> None:
    client = read({'extensions': 'citext, hstore(tools),citext:tools'})

    assert client.wanted_extensions == (
        wire.Extension('citext'),
        wire.Extension('hstore', 'tools'),
        wire.Extension('citext', 'tools'),
    )
    assert answers.render(client, server(), 'pw')['extensions'] == client.extensions


@pytest.mark.parametrize(
    ('asked', 'reason'),
    [
        ('plpython3u', 'allowed-extensions'),
        ('citext,,"x', 'allowed-extensions'),
        ('hstore(pg_catalog)', 'reserved'),
        ('hstore(juju)', 'reserved'),
        ('citext,' * 2000, 'too long'),
    ],
)
def test_refused_extension_costs_the_client_nothing_else(asked: str, reason: str) -> None:
    client = read({'extensions': asked, 'database': 'shop'})

    bag = answers.render(client, server(), 'pw')

    assert client.is_usable
    assert bag['database'] == 'shop'
    assert 'extensions' not in bag
    assert reason in bag['refused']


def test_refused_client_is_told_why_and_nothing_that_it_could_use() -> None:
    client = read({'database': 'postgres'})

    assert answers.refuse(client, server()) == {
        'state': 'standalone',
        'refused': "database 'postgres': the name is reserved",
    }


def test_application_s_bag_finds_the_master_by_itself() -> None:
    places = (answers.Place('10.0.0.2', 5432), answers.Place('10.0.0.3', 5433))
    own = server(state='master', standbys=places)

    shared = answers.render_shared(answers.render(read(), own, 'pw'), own)

    assert shared['master'] == (
        'dbname=web host=10.0.0.1,10.0.0.2,10.0.0.3 password=pw port=5432,5432,5433'
        ' target_session_attrs=read-write user=juju_web'
    )
    assert len(shared['standbys'].splitlines()) == 2
    assert not {'host', 'user', 'password', 'state'} & set(shared)


def test_application_s_bag_names_all_while_a_master_is_elected() -> None:
    own = server(state='failover', standbys=(answers.Place('10.0.0.2', 5432),))

    shared = answers.render_shared(answers.render(read(), own, 'pw'), own)

    assert 'host=10.0.0.2,10.0.0.1 ' in shared['master']


def test_digest_leaves_out_what_juju_put_there() -> None:
    assert answers.digest({'a': 'b', 'egress-subnets': 'x'}) == answers.digest({'a': 'b'})
    assert answers.digest({'a': 'b'}) != answers.digest({'a': 'c'})


def test_admin_that_the_operator_forbids_gets_nothing() -> None:
    client = wire.judge(read(endpoint='db-admin'), wire.Policy(allow_admin=False))

    assert not client.is_usable
    assert 'allow-db-admin' in client.faults[0]


def test_endless_wishes_are_refused_and_not_kept() -> None:
    for asked in ({'database': 'x' * 1_000_000}, {'roles': ','.join(map(str, range(10_000)))}):
        client = read(asked)

        assert not client.is_usable
        assert len(client.database) + len(client.roles) < 10_000


def test_rotated_client_may_come_as_its_former_user_too() -> None:
    policy = wire.Policy(generations={'juju_web': (3, 0.0)})
    client = wire.judge(read({}, {'web/0': FROM}), policy)

    assert (client.user, client.former_user) == ('juju_web_3', 'juju_web_2')
    assert rules.render([client]) == (
        'hostssl "web" "juju_web_3","juju_web_2" 10.9.0.1/32 scram-sha-256'
    )


@pytest.mark.parametrize(
    ('bag', 'networks'),
    [
        ({'egress-subnets': '10.0.0.1/32, 10.1.0.0/24'}, ('10.0.0.1/32', '10.1.0.0/24')),
        ({'egress-subnets': '', 'ingress-address': '10.0.0.2'}, ('10.0.0.2/32',)),
        ({'ingress-address': '10.0.0.2', 'private-address': '10.0.0.3'}, ('10.0.0.2/32',)),
        ({'private-address': '2001:db8::1'}, ('2001:db8::1/128',)),
        ({'egress-subnets': 'garbage,10.0.0.1/32'}, ('10.0.0.1/32',)),
        ({'egress-subnets': '0.0.0.0/0', 'ingress-address': '10.0.0.2'}, ('10.0.0.2/32',)),
        ({'egress-subnets': '0.0.0.0/1,128.0.0.0/1,::/1,8000::/1,10.0.0.0/8'}, ('10.0.0.0/8',)),
        ({'egress-subnets': '::/0'}, ()),
        ({'private-address': 'host.example'}, ()),
        ({'private-address': 'fe80::1%x\nhost all all all trust #'}, ()),
        ({'private-address': '10.0.0.1/24'}, ()),
        ({}, ()),
    ],
)
def test_first_usable_address_of_a_unit_is_admitted(
    bag: Mapping[str, str], networks: tuple[str, ...]
) -> None:
    assert wire.origin(bag).networks == networks


@given(st.dictionaries(st.sampled_from(['egress-subnets', 'private-address']), st.text()))
def test_bag_of_a_unit_never_forges_a_line(bag: Mapping[str, str]) -> None:
    found = wire.origin(bag)

    assert all(str(ipaddress.ip_network(network)) == network for network in found.networks)
    assert all(reason.isprintable() for reason in found.ignored)


@given(st.lists(st.text(min_size=1, max_size=20), max_size=4), st.booleans())
def test_rules_are_one_line_each_and_in_the_same_order(names: list[str], admin: bool) -> None:
    endpoint = 'db-admin' if admin else 'db'
    clients = [read({'database': name}, {'web/0': FROM}, endpoint) for name in names]

    text = rules.render(clients)

    assert text == rules.render(reversed(clients))
    for line in filter(None, text.split('\n')):
        assert line.isprintable()
        assert re.fullmatch(
            r'hostssl (all all|"(?:[^"]|"")+" "juju_web") 10\.9\.0\.1/32 scram-sha-256', line
        )


def test_client_with_faults_is_not_let_in() -> None:
    assert not rules.render([read({'database': 'postgres'}, {'web/0': FROM})])
