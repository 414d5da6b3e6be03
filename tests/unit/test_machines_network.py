"""Which rules the kernel is given for machines' cables: pure functions."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from solo.machines import namespace, network, provider

NAMES = network.Names('solo1', 'solo_1', 's1-')
CABLES = {'m/0': 's1-2', 'm/1': 's1-3'}


def rules(*cuts: provider.Cut) -> list[str]:
    text = network.broken(NAMES, cuts, CABLES)
    return [line.strip() for line in text.splitlines() if line.endswith(' drop')]


def test_nothing_cut_leaves_no_table():
    assert network.broken(NAMES, (), CABLES).splitlines() == [
        'table bridge solo_1',
        'delete table bridge solo_1',
    ]


@pytest.mark.parametrize(
    ('cut', 'dropped'),
    [
        (provider.Cut('m/0'), {'iifname "s1-2" drop', 'oifname "s1-2" drop'}),
        (provider.Cut('m/0', one_way=True), {'oifname "s1-2" ether type != arp drop'}),
        (
            provider.Cut('m/0', 'm/1'),
            {
                'iifname "s1-3" oifname "s1-2" drop',
                'iifname "s1-2" oifname "s1-3" drop',
            },
        ),
        (
            provider.Cut('m/0', 'm/1', 5432, one_way=True),
            {
                'iifname "s1-3" oifname "s1-2" meta l4proto { tcp, udp } th dport 5432 drop',
                'iifname "s1-3" oifname "s1-2" meta l4proto { tcp, udp } th sport 5432 drop',
            },
        ),
    ],
)
def test_a_cut_drops_what_it_says(cut: provider.Cut, dropped: set[str]):
    assert set(rules(cut)) == dropped


def test_a_machine_that_has_no_cable_needs_no_rule():
    assert rules(provider.Cut('m/7'), provider.Cut('m/0', 'm/7')) == []


def test_data_directories_have_names_of_their_own_that_the_kernel_takes():
    one, other = network.names(Path('/a')), network.names(Path('/b'))

    assert not set(one) & set(other)
    assert all(len(name) <= 15 for name in (one.bridge, f'{one.cable}1023'))


def test_a_machine_keeps_its_hardware_address():
    assert network.mac('10.1.2.3') == '02:50:0a:01:02:03'


def test_subnets_to_lease_do_not_overlap_and_begin_at_a_place_of_their_own():
    found = [ipaddress.IPv4Network(each) for each in network.subnets(Path('/a'))]

    assert len(set(found)) == 6400
    assert all(each.subnet_of(ipaddress.IPv4Network('10.0.0.0/8')) for each in found)
    assert found[0] != ipaddress.IPv4Network(next(network.subnets(Path('/b'))))


def test_file_systems_of_the_host_are_seen_and_the_kernels_own_are_not(tmp_path: Path):
    table = tmp_path / 'mounts'
    lines = ('/dev/a / ext4', 'proc /proc proc', 'tmpfs /run tmpfs', '/dev/b /usr xfs')
    table.write_text(''.join(f'{line} rw 0 0\n' for line in lines))

    assert namespace.mounted(table) == ['/', '/usr']
