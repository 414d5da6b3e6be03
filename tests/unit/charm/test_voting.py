"""What witness and application say to each other is hostile until it was checked."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm import membership, pki, voting

_, PUBLIC = pki.make_key()
CA = pki.make_ca('pg').cert_pem
REQUEST = voting.Request('w/0', ('10.0.0.9', '10.0.0.8'), 2379, 2380, PUBLIC, '7')
TERMS = {
    'unit': 'w/0',
    'ca': CA,
    'certificate': CA,
    'token': 'abc.1',
    'hosts': '10.0.0.1:2379 [fe80::1]:2379',
    'call': '7',
}


def test_request_survives_its_bag() -> None:
    assert voting.read_request('w/0', REQUEST.to_bag()) == REQUEST


@pytest.mark.parametrize(
    'changes',
    [
        {'addresses': ''},
        {'addresses': '10.0.0.9 example.com'},
        {'addresses': '0.0.0.0'},
        {'addresses': ' '.join(f'10.0.0.{n}' for n in range(20))},
        {'peer-port': '0'},
        {'client-port': '99999'},
        {'client-port': '2379 --force-new-cluster'},
        {'public-key': 'none'},
        {'answer': '7\n8'},
    ],
)
def test_request_that_is_not_to_be_believed_is_none(changes: dict[str, str]) -> None:
    assert voting.read_request('w/0', {**REQUEST.to_bag(), **changes}) is None


def test_terms_are_read() -> None:
    terms = voting.read_terms(TERMS)

    assert terms is not None
    assert terms.hosts == ('10.0.0.1:2379', '[fe80::1]:2379')


@pytest.mark.parametrize(
    'changes',
    [
        {'unit': ''},
        {'ca': 'none'},
        {'certificate': 'none'},
        {'token': 'a b'},
        {'token': 'x' * 65},
        {'hosts': ''},
        {'hosts': 'example.com:2379'},
        {'hosts': '10.0.0.1:http'},
        {'call': '-1'},
    ],
)
def test_terms_that_are_not_to_be_believed_are_none(changes: dict[str, str]) -> None:
    assert voting.read_terms({**TERMS, **changes}) is None


def test_reason_of_a_refusal_is_one_short_line() -> None:
    terms = voting.read_terms({**TERMS, 'refused': 'no\x1b[31m\nway ' + 'x' * 500})

    assert terms is not None
    assert terms.refused.startswith('no[31mway x')
    assert len(terms.refused) == 80


@given(st.dictionaries(st.sampled_from([*TERMS, *REQUEST.to_bag()]), st.text()))
def test_any_bag_is_read_or_refused(bag: dict[str, str]) -> None:
    voting.read_request('w/0', bag)
    voting.read_terms({**TERMS, **bag})


def test_new_key_address_or_authority_wants_another_certificate() -> None:
    others = [
        dataclasses.replace(REQUEST, public_key=pki.make_key()[1]).identity(CA),
        dataclasses.replace(REQUEST, addresses=('10.0.0.7',)).identity(CA),
        REQUEST.identity(pki.make_ca('pg').cert_pem),
    ]

    assert len({REQUEST.identity(CA), *others}) == 4
    assert dataclasses.replace(REQUEST, answer='8').identity(CA) == REQUEST.identity(CA)


def test_no_unit_of_an_application_is_taken_for_a_witness() -> None:
    assert voting.pseudo_unit('w/0', 'pg-a') == 'w.pg-a/0'
    assert voting.is_witness(membership.Member('1', 'w.pg-a-0', 'url', 'url'))
    assert not voting.is_witness(membership.Member('1', 'pg-a-0', 'url', 'url'))
