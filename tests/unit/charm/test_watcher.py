"""When the watcher asks for a hook: what it knows is compared with what the last hook knew."""

from __future__ import annotations

import pytest

from pgcharm import cluster, watcher

KNOWN = 'replica timeline=1 pending-restart=\npg-0'


def why(leader: str | None, summary: str = KNOWN.partition('\n')[0]) -> str:
    return watcher.reason(KNOWN, summary, leader, is_time=False)


def test_nothing_new_is_no_reason() -> None:
    assert why('pg-0') == ''
    assert why(None) == ''


@pytest.mark.parametrize('leader', ['pg-1', '', watcher.UNKNOWN])
def test_other_leader_none_or_a_silent_etcd_is_a_reason(leader: str) -> None:
    assert why(leader) == f'the leader is "{leader}", was "pg-0"'


def test_server_that_went_down_is_a_reason() -> None:
    assert why('pg-0', cluster.DOWN).startswith('down, was replica')


def test_before_the_first_hook_only_the_time_is_a_reason() -> None:
    assert watcher.reason(None, cluster.DOWN, watcher.UNKNOWN, is_time=False) == ''
    assert watcher.reason(None, cluster.DOWN, None, is_time=True) == 'it is time'


def test_etcd_that_is_gone_is_news_once_after_a_while() -> None:
    leader = watcher.Leader(100.0)
    leader.hear('pg-0', 100.0)

    assert not leader.miss(104.0)
    assert leader.name == 'pg-0'
    assert leader.miss(106.0)
    assert leader.name == watcher.UNKNOWN
    assert not leader.miss(107.0)


def test_etcd_that_was_never_heard_is_gone_after_a_while_too() -> None:
    leader = watcher.Leader(100.0)

    assert not leader.miss(104.0) and leader.name is None
    assert leader.miss(106.0)


def test_etcd_that_comes_back_is_news_and_its_next_silence_counts_from_there() -> None:
    leader = watcher.Leader(0.0)
    leader.miss(10.0)

    assert leader.hear('pg-0', 20.0)
    assert not leader.hear('pg-0', 21.0)
    assert not leader.miss(25.0)
    assert leader.miss(27.0)


def test_member_that_lost_or_has_its_lease_again_is_news_to_a_primary() -> None:
    primary = 'primary timeline=1 pending-restart='
    both = watcher.known(primary, 'pg-0', ['pg-1', 'pg-0'])

    def why_not(acted_on: str, summary: str, *members: str) -> str:
        return watcher.reason(acted_on, summary, 'pg-0', members, is_time=False)

    assert why_not(both, primary, 'pg-0') == 'the members are pg-0, were pg-0 pg-1'
    assert why_not(both, primary, 'pg-0', 'pg-1') == ''
    assert why_not(both, primary) == ''
    assert why_not(watcher.known(primary, 'pg-0', []), primary, 'pg-0') == ''
    replica = watcher.known(KNOWN.partition('\n')[0], 'pg-0', ['pg-0', 'pg-1'])
    assert why_not(replica, KNOWN.partition('\n')[0], 'pg-1') == ''
