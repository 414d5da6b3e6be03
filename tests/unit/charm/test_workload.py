"""What is written for, and said to, PostgreSQL, Patroni and etcd."""

from __future__ import annotations

import json
import re

import pytest
from unit.charm import worlds

from pgcharm import access, database, etcd, layout, patroni, peers, ports, services

NUMBERS = ports.Ports(5432, 8008, 2379, 2380)


def settings() -> dict[str, dict[str, object]]:
    cluster = patroni.Cluster(
        places=worlds.places(),
        ports=NUMBERS,
        listen=('10.0.0.1', '10.1.0.1'),
        address='10.0.0.1',
        bin_dir=worlds.BINARIES.pg_bin_dir,
        credentials=patroni.Credentials('a', 'b', 'c', 'd'),
        parameters={'max_connections': '50', 'shared_buffers': '1GB'},
        encoding='UTF8',
        locale='C.UTF-8',
        data_checksums=True,
        shared=patroni.dynamic({'max_connections': '50'}, patroni.Safety()),
        etcd=('10.0.0.1:2379',),
        lease=7,
    )
    return json.loads(patroni.settings(cluster))


def test_patroni_s_rest_wants_a_certificate_from_everybody() -> None:
    rest = settings()['restapi']

    assert rest['verify_client'] == 'required'
    assert rest['authentication']


@pytest.mark.parametrize('lease', range(7, 61))
def test_lease_holds_patroni_s_rule(lease: int) -> None:
    shared = patroni.dynamic({}, patroni.Safety(lease=lease))

    assert shared['loop_wait'] + 2 * shared['retry_timeout'] <= lease
    assert shared['loop_wait'] >= 1 and shared['retry_timeout'] >= 3


def test_lease_of_the_option_stands_in_the_settings() -> None:
    assert settings()['etcd3']['lease'] == 7


def test_parameters_that_all_units_share_stand_in_the_dynamic_configuration() -> None:
    written = settings()

    local = written['postgresql']['parameters']
    assert isinstance(local, dict)
    assert 'max_connections' not in local
    assert local['shared_buffers'] == '1GB'
    assert '"max_connections": "50"' in json.dumps(written['bootstrap'])


def test_etcd_answers_nobody_without_a_certificate() -> None:
    start = etcd.Start('token', {})

    command = etcd.command(worlds.BINARIES.etcd, start, '10.0.0.1', worlds.places(), NUMBERS)

    assert '--client-cert-auth=true' in command
    assert '--peer-client-cert-auth=true' in command
    assert not any('http://' in word for word in command)


def hba() -> str:
    return access.hba(
        own=('10.0.0.1',),
        members=('10.0.0.2',),
        admins=('192.0.2.0/24',),
        clients='hostssl shop juju_shop 10.9.0.1/32 scram-sha-256',
        extra=(),
    )


def test_nobody_is_trusted_and_no_network_goes_without_tls() -> None:
    lines = hba().splitlines()

    assert not [line for line in lines if 'trust' in line]
    assert not [line for line in lines if line.startswith('host ') and 'reject' not in line]


def test_client_s_line_cannot_open_the_door_to_our_own_users() -> None:
    lines = hba().splitlines()

    reject = next(index for index, line in enumerate(lines) if 'reject' in line)
    assert reject < next(index for index, line in enumerate(lines) if 'juju_shop' in line)


def test_operator_may_come_from_the_machine_and_the_admins_networks() -> None:
    pattern = rf'^hostssl all {database.OPERATOR} (\S+) scram-sha-256$'
    sources = re.findall(pattern, hba(), re.MULTILINE)

    assert sources == ['127.0.0.1/32', '::1/128', '10.0.0.1/32', '192.0.2.0/24']


def test_secret_survives_the_way_through_juju() -> None:
    content = worlds.secrets().to_content()

    assert all(re.fullmatch(r'[a-z](?:-?[a-z0-9]){2,}', key) for key in content)
    assert peers.Secrets.from_content({**content, 'added-later': 'x'}) == worlds.secrets()


def test_key_is_short_and_unique_per_model() -> None:
    long = 'a' * 60 + '/0'

    assert layout.key('pg-a/0', worlds.UUID) == 'pg-a-0-f00dfe'
    assert len(layout.key(long, worlds.UUID)) <= 40
    assert layout.key(long, worlds.UUID) != layout.key(long, worlds.UUID.replace('f', '0'))


def test_services_inherit_nothing_of_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('JUJU_CONTEXT_ID', 'x')

    environment = services.environment(worlds.wanted().programs.source, 'lib:venv')

    assert not [name for name in environment if name.startswith('JUJU')]
    assert all(part.startswith('/') for part in environment['PYTHONPATH'].split(':'))
