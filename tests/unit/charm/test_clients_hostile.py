"""Clients that ask for nonsense, or for what isn't theirs: nothing of it reaches the others."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.charm import fake_juju

from pgcharm import serving, steps
from pgcharm.clients import answers, grants, juju, memory, names, rules, wire

TEXT = st.text(max_size=30) | st.sampled_from(
    [
        *('postgres', 'template1', 'replication', 'all', 'pg_execute_server_program', 'juju_web'),
        *('a', 'b,c', '"', "'", '\\', '\n', '\0', '; DROP ROLE x', '+r', '@f', '/x', 'x' * 70),
        *('0.0.0.0/0', '::/0', '10.0.0.1', '10.0.0.0/8', 'fe80::1%x', 'host', '2001:db8::/32'),
        *('citext', 'citext(x)', 'citext:y', 'plpython3u'),
    ]
)
KEYS = st.sampled_from(
    [
        *('database', 'roles', 'extensions', 'egress-subnets', 'ingress-address'),
        *('private-address', 'user', 'password', 'host', 'state', 'allowed-units', 'master'),
    ]
)
BAG = st.dictionaries(KEYS, TEXT, max_size=6)
POLICY = wire.Policy(extensions=frozenset(['citext']))
WHOLE = {
    *('host', 'port', 'database', 'user', 'password', 'state', 'version', 'tls-ca'),
    *('allowed-units', 'allowed-subnets', 'master'),
}


def here(*, takes_writes: bool = True) -> serving.Here:
    server = answers.Server('10.0.0.1', 5432, 'standalone', '16', 'PEM')
    return serving.Here(5432, server, takes_writes, True, True, 'seed')


def related(bags: Mapping[str, Mapping[str, str]]) -> tuple[wire.Client, ...]:
    """Return the clients of a hook in which each application has a bag of its own."""
    source = fake_juju.FakeJuju()
    for number, (application, bag) in enumerate(sorted(bags.items())):
        source.relate(number, application, ('db', 'db-admin')[number % 2])
        source.bags[number][f'{application}/0'].update(bag)
    known = memory.Clients(source, 'pg/0', is_leader=True, hook=juju.Hook(), forget=True)
    known.remember()
    again = memory.Clients(source, 'pg/0', is_leader=True, hook=juju.Hook(), forget=False)
    assert again.judged(POLICY) == known.judged(POLICY)
    return known.judged(POLICY)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
APPLICATIONS = st.dictionaries(st.sampled_from(['web', 'cron', 'web-2', 'a' * 63]), BAG)


@PATIENT
@given(APPLICATIONS, st.booleans())
def test_any_bags_lead_to_a_plan_and_to_whole_answers(
    bags: Mapping[str, Mapping[str, str]], takes_writes: bool
) -> None:
    clients = related(bags)

    planned = list(serving.plan(clients, grants.NOTHING, here(takes_writes=takes_writes)))

    for step in planned:
        if isinstance(step, steps.TellClient):
            own = step.own or {}
            assert set(own) == {'state', 'refused'} or set(own) >= WHOLE
        if isinstance(step, steps.ServeClients):
            assert takes_writes
            for statement in step.statements:
                _is_harmless(statement)


def _is_harmless(statement: grants.Statement) -> None:
    """Nothing is named that is PostgreSQL's, ours, or cannot be a name."""
    match statement:
        case grants.MakeRole(name) if not name.startswith(('jujuowner_', names.GRANTOR)):
            assert not names.role_fault(name)
        case grants.MakeDatabase(name, owner):
            assert not names.database_fault(name)
            assert owner == names.owner(name)
        case grants.MakeExtension(_, _, extension):
            assert extension.name in POLICY.extensions
            assert not names.schema_fault(extension.schema)
        case grants.Grant(role, member):
            assert role.startswith('jujuowner_') or not names.role_fault(role)
            assert member.startswith(('juju_', 'jujuadmin_'))
        case grants.MakeUser():
            assert statement.is_admin == statement.name.startswith('jujuadmin_')
        case _:
            pass


@PATIENT
@given(APPLICATIONS)
@example({'a': {}, 'cron': {'egress-subnets': '::'}, 'web': {}, 'web-2': {'egress-subnets': '::'}})
def test_rules_admit_exactly_the_authorised(bags: Mapping[str, Mapping[str, str]]) -> None:
    clients = related(bags)

    lines = [line for line in rules.render(clients).split('\n') if line]

    # Admins of one network share a line.
    admitted = {
        (not c.is_admin and c.name, network)
        for c in clients
        if c.is_usable
        for network in c.networks
    }
    assert len(lines) == len(admitted)
    for line in lines:
        found = re.fullmatch(r'hostssl (all all|"(?:[^"]|"")+" "[^"]+") (\S+) scram-sha-256', line)
        assert found and line.isprintable()
        assert ipaddress.ip_network(found[2]).prefixlen > 0


@pytest.mark.parametrize(
    'name',
    [
        *('postgres', 'template0', 'template1', 'replication', 'all', 'sameuser', 'pg_toast'),
        *('x' * 64, 'é' * 32, 'a\0b', 'a\nb', '\u2028', '  ', '+group', '@file', '/regular'),
        '\ud800',
    ],
)
def test_database_that_nobody_may_have(name: str) -> None:
    client = wire.judge(wire.read(1, 'db', 'web', {'database': name}, {}), POLICY)

    assert not client.is_usable
    assert all(fault.isascii() and fault.isprintable() for fault in client.faults)


@pytest.mark.parametrize(
    'role',
    [
        *('postgres', 'operator', 'rewind', 'replication', 'juju_other', 'jujuadmin_boss'),
        *('jujuowner_other', 'jujugrantor', 'pg_execute_server_program', 'pg_read_all_data'),
        *('public', 'none', 'current_user', 'x' * 64, 'a\0b'),
    ],
)
def test_role_that_nobody_gets_by_asking(role: str) -> None:
    client = wire.judge(wire.read(1, 'db', 'web', {'roles': role}, {}), POLICY)

    assert not client.is_usable
    assert not rules.render([client])


def test_keys_that_we_publish_mean_nothing_in_a_client_s_bag() -> None:
    bag = {'user': 'postgres', 'password': 'x', 'allowed-units': 'pg/0', 'host': '10.9.9.9'}

    assert wire.read(1, 'db', 'web', {}, {'web/0': bag}) == wire.read(
        1, 'db', 'web', {}, {'web/0': {}}
    )


def test_one_client_s_fault_leaves_the_others_as_they_are() -> None:
    good = {'web': {'database': 'shop'}}

    alone, beside = related(good), related({**good, 'zzz': {'database': 'postgres'}})

    assert rules.render(alone) == rules.render(beside)
    assert alone[0] == beside[0]


@pytest.mark.parametrize('application', ['a' * 300, 'postgres', 'all', 'template1', 'x-2-y9'])
def test_application_of_any_name_gets_a_database_of_its_own(application: str) -> None:
    client = wire.judge(wire.read(1, 'db', application, {}, {}), POLICY)

    assert client.is_usable
    assert len(client.database_name.encode()) <= 63
    assert len(client.user.encode()) <= 63


def test_units_and_applications_that_look_alike_are_told_apart() -> None:
    bags = {f'web/{number}': {'ingress-address': f'10.0.0.{number}'} for number in (1, 10, 2)}
    web, other = wire.read(1, 'db', 'web', {}, bags), wire.read(2, 'db', 'web-2', {}, {})
    rotated = names.user('web', admin=False, generation=2)

    bag = answers.render(web, answers.Server('h', 1, 'standalone', '16', ''), 'p')

    assert bag['allowed-units'].split() == ['web/1', 'web/2', 'web/10']
    assert len({web.user, other.user, rotated}) == 3


def test_egress_of_a_megabyte_is_cut() -> None:
    networks = ','.join(f'10.{i // 256}.{i % 256}.1/32' for i in range(60_000))

    found = wire.origin({'egress-subnets': networks})

    assert len(found.networks) == 32
    assert len(found.ignored) <= 8
