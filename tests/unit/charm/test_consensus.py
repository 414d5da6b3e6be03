"""What etcd's list says, and how a member begins by it."""

from __future__ import annotations

import pytest

from pgcharm import consensus, etcd
from pgcharm.membership import Member

FIRST = Member('1', 'pg-0', 'https://10.0.0.1:2380', 'https://10.0.0.1:2379')
URL = 'https://10.0.0.9:2380'
BEGUN = etcd.Start('token', {'pg-0': FIRST.peer_url}, '3')


def member(**record: object) -> Member:
    return consensus.member({'ID': '3', 'peerURLs': [URL], **record})


def start(*others: Member, known: etcd.Start | None = None) -> etcd.Start | None:
    return consensus.start(consensus.View((FIRST, *others), '1'), 'w.pg-0', URL, 'token', known)


def test_member_that_has_not_started_has_no_name():
    assert member(isLearner=True) == Member('3', '', URL, '', True)


@pytest.mark.parametrize('name', ['a,b=c', 'a\n[program:x]', 'a b', 'x' * 200])
def test_what_would_be_a_setting_is_no_name(name: str):
    assert member(name=name).name == ''


def test_url_that_would_be_another_member_is_none():
    assert member(peerURLs=['https://10.0.0.9:2380,x=https://10.0.0.8:1']).peer_url == ''


def test_member_that_was_added_begins():
    assert start(member(isLearner=True)) == BEGUN


def test_member_goes_on_as_it_began():
    assert start(member(isLearner=True), known=BEGUN) == BEGUN
    assert start(member(name='w.pg-0'), known=BEGUN) == BEGUN


def test_member_that_was_removed_ends():
    assert start(known=BEGUN) is None


def test_member_that_was_removed_and_added_begins_anew():
    former = etcd.Start('token', {}, '2')

    assert start(member(), known=former) == BEGUN
