"""Which rules the kernel is given for exposed ports: pure functions."""

from __future__ import annotations

from solo.machines import forward, translate


def lines(*rules: forward.Rule) -> list[str]:
    return [
        line.strip()
        for line in translate.ruleset('t', 'b', '10.1.0.0/22', rules).splitlines()
        if ' dnat to ' in line or line.endswith(' accept')
    ]


def rule(**routes: tuple[str, ...]) -> forward.Rule:
    """A rule of port 80: addresses by the first number of an IPv4 network, or IPv6."""
    cidrs = {'ten': '10.0.0.0/8', 'some': '10.1.0.0/16', 'six': '::/0', 'all': '0.0.0.0/0'}
    return forward.Rule(
        80, 'tcp', tuple(forward.Route(cidrs[name], to) for name, to in routes.items())
    )


def test_a_port_goes_to_its_machines_in_turn_from_the_networks_that_may():
    sent, allowed = lines(rule(ten=('10.1.0.2', '10.1.0.3'), six=('10.1.0.2', '10.1.0.3')))

    assert sent.startswith('tcp dport 80 ip saddr 10.0.0.0/8 dnat to ')
    assert sent.endswith(' numgen inc mod 2 map { 0 : 10.1.0.2, 1 : 10.1.0.3 }')
    assert ' proto-dst 80 ct original ip saddr 10.0.0.0/8 ' in allowed
    assert allowed.endswith(' ct reply ip saddr { 10.1.0.2, 10.1.0.3 } accept')


def test_each_network_of_a_port_has_machines_of_its_own():
    sent = lines(rule(some=('10.1.0.3',), all=('10.1.0.2',)))[:2]

    assert sent == [
        'tcp dport 80 ip saddr 10.1.0.0/16 dnat to 10.1.0.3',
        'tcp dport 80 ip saddr 0.0.0.0/0 dnat to 10.1.0.2',
    ]


def test_a_port_that_only_ipv6_may_reach_is_the_forwarders():
    assert lines(rule(six=('10.1.0.2',))) == []


def test_without_rules_only_open_sessions_are_cut():
    text = translate.ruleset('t', 'b', '10.1.0.0/22', ())

    assert 'dnat to' not in text
    assert 'reject with tcp reset' in text
