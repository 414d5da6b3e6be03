"""The operator's options: what is good, what is not, and what is run with meanwhile."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.charm import worlds

from pgcharm import config, parameters

TYPES = {'work_mem': 'INTEGER', 'autovacuum': 'BOOLEAN', 'search_path': 'STRING'}


def parse(accepted: config.Config | None = None, **options: Any) -> config.Parsed:
    return config.parse(worlds.options(**options), accepted, TYPES)


def reason(**options: Any) -> str:
    (fault,) = parse(**options).faults
    assert fault.option == next(iter(options)).replace('_', '-')
    return fault.reason


def test_nothing_given_is_the_default() -> None:
    assert config.parse({}, None) == config.Parsed(config.Config())
    assert parse() == config.Parsed(config.Config())


@pytest.mark.parametrize(
    ('option', 'given', 'part'),
    [
        ('version', '9.6', 'major version'),
        ('version', '15\n16', 'major version'),
        ('version', '१५', 'major version'),
        ('locale', 'xx_YY.UTF-8', 'no locale'),
        ('locale', 'C.UTF-8; rm', 'no locale'),
        ('encoding', 'UTF9', 'no encoding'),
        ('encoding', 'SJIS', 'no encoding'),
        ('encoding', 'LATIN1', 'does not fit the locale C.UTF-8'),
        ('data_checksums', 'yes', 'neither true nor false'),
        ('listen_port', 80, 'between 1024 and 65535'),
        ('listen_port', True, 'between'),
        ('max_connections', 0, 'between'),
        ('shared_buffers', 'lots', 'not a size'),
        ('shared_buffers', '0MB', 'not a size'),
        ('shared_buffers', '-1', 'not a size'),
        ('profile', 'fast', 'neither production nor testing'),
        ('admin_addresses', '10.0.0.1/24', 'not a network'),
        ('admin_addresses', 'fe80::1%eth0', 'not a network'),
        ('extra_pg_conf', 'listen_addresses = *', 'line 1: listen_addresses: the charm'),
        ('extra_pg_conf', 'SSL_Cert_File = x', 'has the certificates'),
        ('extra_pg_conf', "include 'other'", 'other files'),
        ('extra_pg_conf', 'fsync off', 'no acknowledged write'),
        ('extra_pg_conf', 'work_mem', 'line 1: not "name = value"'),
        ('extra_pg_conf', "search_path = 'open", 'not "name = value"'),
        ('extra_pg_conf', 'work_mem = banana', '"banana" is not a number'),
        ('extra_pg_conf', 'autovacuum = maybe', 'neither on nor off'),
        ('extra_pg_conf', 'wark_mem = 4MB', 'offers no parameter wark_mem'),
        ('extra_pg_auth', 'host all all 10.0.0.0/8 trust', 'let anybody in'),
        ('extra_pg_auth', 'host all all 10.0.0.0/8', 'a rule is'),
        ('extra_pg_auth', 'host all all 10.0.0.1/8 md5', 'method md5'),
        ('extra_pg_auth', 'host all all everywhere scram-sha-256', 'not a network'),
        ('extra_pg_auth', 'local all all peer', 'begins with one of'),
        ('extra_pg_auth', 'host "all all 10.0.0.0/8 reject', 'not closed'),
        ('extra_pg_auth', 'host @/etc/passwd all all reject', 'other files'),
    ],
)
def test_wrong_value_is_named_and_the_last_good_one_stays(
    option: str, given: object, part: str
) -> None:
    good = dataclasses.replace(config.Config(), version='15', listen_port=6000)

    parsed = parse(good, **{option: given})

    assert [fault.option for fault in parsed.faults] == [option.replace('_', '-')]
    assert part in parsed.faults[0].reason
    assert getattr(parsed.config, option) == getattr(good, option)


def test_all_faults_are_told_at_once() -> None:
    parsed = parse(profile='fast', listen_port=1, extra_pg_conf='port = 1\nwal_level = minimal')

    assert [fault.option for fault in parsed.faults] == [
        'listen-port',
        'profile',
        'extra-pg-conf',
    ]
    assert parsed.faults[2].reason.count('line ') == 2


def test_settings_are_read_as_postgresql_reads_them() -> None:
    text = """
    # a comment
    work_mem = 8MB          # with another
    Search_Path '"$user", it''s'
    my.setting='a # b'
    """

    assert parameters.parse(text) == {
        'work_mem': '8MB',
        'search_path': '"$user", it\'s',
        'my.setting': 'a # b',
    }
    assert not parse(extra_pg_conf=text).faults


def test_rules_stand_in_lines_or_between_commas() -> None:
    parsed = parse(
        extra_pg_auth='hostssl a,b  "Some One"   10.0.0.0/8 scram-sha-256,'
        ' host all all samenet reject\n# none\nhost all all ::1/128 ldap ldapserver=x'
    )

    assert parsed.faults == ()
    assert parsed.config.extra_pg_auth == (
        'hostssl a,b "Some One" 10.0.0.0/8 scram-sha-256',
        'host all all samenet reject',
        'host all all ::1/128 ldap ldapserver=x',
    )


def test_networks_of_admins_are_separated_by_commas() -> None:
    parsed = parse(admin_addresses='10.1.2.0/24, 192.0.2.7')

    assert parsed.config.admin_addresses == (
        ipaddress.ip_network('10.1.2.0/24'),
        ipaddress.ip_network('192.0.2.7/32'),
    )


@pytest.mark.parametrize(
    ('locale', 'encoding'), [('C', 'latin1'), ('C.UTF-8', 'utf-8'), ('POSIX', 'SQL_ASCII')]
)
def test_encoding_that_fits_the_locale_is_taken(locale: str, encoding: str) -> None:
    assert not parse(locale=locale, encoding=encoding).faults


def test_accepted_options_survive_a_file() -> None:
    parsed = parse(
        version='16',
        shared_buffers='1GB',
        extra_pg_conf='work_mem = 8MB',
        extra_pg_auth='host all all 10.0.0.0/8 reject',
        admin_addresses='10.0.0.0/8',
    ).config

    assert config.from_json(config.to_json(parsed)) == parsed


def test_options_of_a_newer_revision_are_left_out() -> None:
    text = config.to_json(config.Config(max_connections=50))
    newer = json.dumps({**json.loads(text), 'colour': 'blue'})

    assert config.from_json(newer) == config.Config(max_connections=50)


@given(st.sampled_from(sorted(worlds.options())), st.text())
def test_any_text_is_taken_or_told(option: str, text: str) -> None:
    parsed = config.parse({option: text}, None, TYPES)

    assert config.from_json(config.to_json(parsed.config)) == parsed.config
    assert all('\n' not in line for line in parsed.config.extra_pg_auth)
    assert all(value.isprintable() for value in parsed.config.extra_pg_conf.values())
