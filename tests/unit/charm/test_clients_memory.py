"""What a hook reads of its clients, and what it leaves to memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.charm import fake_juju

from pgcharm.clients import answers, juju, memory, wire


def know(
    source: fake_juju.FakeJuju,
    hook: juju.Hook | None = None,
    *,
    is_leader: bool = True,
    forget: bool = False,
    look: float = 0.0,
) -> memory.Clients:
    return memory.Clients(
        source, 'pg/0', is_leader=is_leader, hook=hook or juju.Hook(), forget=forget, look=look
    )


@pytest.fixture
def source() -> fake_juju.FakeJuju:
    """Three related applications that were read and remembered by an earlier hook."""
    found = fake_juju.FakeJuju()
    for relation in (1, 2, 3):
        found.relate(relation, f'app{relation}', units=2)
    know(found).remember()
    found.asked.clear()
    return found


def test_hook_about_nothing_of_theirs_runs_no_command_for_a_client(
    source: fake_juju.FakeJuju,
) -> None:
    known = know(source)
    known.remember()

    assert [client.application for client in known.judged(wire.Policy())] == [
        'app1',
        'app2',
        'app3',
    ]
    assert not source.asked


def test_hook_of_a_relation_reads_that_one_alone(source: fake_juju.FakeJuju) -> None:
    source.bags[2]['app2/0']['database'] = 'shop'

    known = know(source, juju.Hook(2))

    assert [client.database for client in known.judged(wire.Policy())] == ['', 'shop', '']
    assert {relation for _, relation in source.asked} == {2}


def test_change_of_role_is_one_write_per_client(source: fake_juju.FakeJuju) -> None:
    known = know(source, is_leader=False)

    for relation in (1, 2, 3):
        known.tell('db', relation, {'state': 'master'}, None)
    known.finish()

    assert source.asked == {('relation-set', relation): 1 for relation in (1, 2, 3)}


def test_who_comes_to_lead_writes_once_per_client_and_reads_nothing(
    source: fake_juju.FakeJuju,
) -> None:
    know(source, is_leader=False).remember()

    known = know(source)
    for relation in (1, 2, 3):
        known.tell('db', relation, None, {'master': 'm'})
    known.finish()

    assert source.asked == {('relation-set', relation): 1 for relation in (1, 2, 3)}


def test_hook_of_a_relation_reads_only_what_a_client_writes(source: fake_juju.FakeJuju) -> None:
    know(source, juju.Hook(2))

    # The units' list; the application's bag and those of its two units.
    assert source.asked == {('relation-list', 2): 1, ('relation-get', 2): 3}


def test_hook_of_a_client_that_changed_nothing_is_no_news(source: fake_juju.FakeJuju) -> None:
    assert not know(source, juju.Hook(2)).has_news
    assert know(source, juju.Hook(2, is_broken=True)).has_news
    assert know(source).has_news
    waiting = know(source)
    waiting.pause(('db:2',), 1000.0)
    waiting.remember()
    assert know(source, juju.Hook(2)).has_news
    assert not know(source, juju.Hook(1)).has_news

    source.bags[2]['app2/1']['egress-subnets'] = '10.9.9.9/32'
    assert know(source, juju.Hook(2)).has_news


def test_all_are_looked_at_in_their_turn(source: fake_juju.FakeJuju) -> None:
    for relation in (1, 2, 3):
        source.bags[relation][f'app{relation}']['roles'] = 'r'

    seen: list[list[str]] = []
    for _ in range(3):
        known = know(source, look=1e-9)  # time for one
        seen.append([client.roles for client in known.judged(wire.Policy())])
        known.remember()

    assert seen == [['r', '', ''], ['r', 'r', ''], ['r', 'r', 'r']]


def test_last_login_outlives_the_session(source: fake_juju.FakeJuju) -> None:
    for logins in ({'juju_app1': 5.0}, {'juju_app2': 6.0}, {}):
        known = know(source)
        known.saw(logins)
        known.remember()

    assert know(source).logins == {'juju_app1': 5.0, 'juju_app2': 6.0}


def test_pauses_grow_with_the_time_that_the_same_clients_wait(source: fake_juju.FakeJuju) -> None:
    pauses: list[float | None] = []
    for now, waiting in (
        *((1000.0, ('db:1',)), (1001.0, ('db:1',)), (1004.0, ('db:1',)), (9000.0, ('db:1',))),
        *((9001.0, ('db:1', 'db:2')), (9002.0, ())),
    ):
        known = know(source)
        pauses.append(known.pause(waiting, now))
        known.remember()

    assert pauses == [1.0, 1.0, 4.0, 300.0, 1.0, None]


def test_what_was_told_is_remembered_and_what_is_gone_is_removed(
    source: fake_juju.FakeJuju,
) -> None:
    source.bags[1]['pg/0'] = {'old': 'x', 'refused': 'x', 'ingress-address': '10.0.0.1'}
    known = know(source, forget=True)

    known.tell('db', 1, {'state': 'standalone'}, {'master': 'm'})
    known.remember()

    assert source.bags[1]['pg/0'] == {'state': 'standalone', 'ingress-address': '10.0.0.1'}
    assert source.bags[1]['pg'] == {'master': 'm'}
    (first, *_) = know(source).judged(wire.Policy())
    assert first.told == answers.digest({'state': 'standalone'})
    assert first.told_shared == answers.digest({'master': 'm'})


def test_unit_that_left_is_noticed_with_its_networks(source: fake_juju.FakeJuju) -> None:
    source.remote[1] = ('db', 'app1', ['app1/1'])

    known = know(source, juju.Hook(1))

    (first, *_) = known.judged(wire.Policy())
    assert first.left == ('10.1.0.0/32',)


def test_broken_relation_is_none_and_is_forgotten(source: fake_juju.FakeJuju) -> None:
    known = know(source, juju.Hook(1, is_broken=True))
    known.remember()

    assert [client.relation for client in known.judged(wire.Policy())] == [2, 3]
    assert '"app1"' not in source.memory


def test_who_does_not_lead_forgets_what_the_application_said(source: fake_juju.FakeJuju) -> None:
    known = know(source)
    known.tell('db', 1, None, {'master': 'm'})
    known.remember()
    know(source, is_leader=False).remember()

    (first, *_) = know(source).judged(wire.Policy())

    assert first.told_shared == ''


def test_everything_is_read_again_when_asked(source: fake_juju.FakeJuju) -> None:
    source.bags[3]['app3']['roles'] = 'r'

    known = know(source, forget=True)

    assert known.judged(wire.Policy())[2].roles == 'r'


@given(st.text(max_size=40) | st.just('{"clients": {"1": {}}}') | st.just('{"clients": []}'))
def test_memory_of_another_revision_is_read_anew(text: str) -> None:
    source = fake_juju.FakeJuju()
    source.relate(1, 'app1')
    source.memory = text

    assert know(source).judged(wire.Policy())[0].application == 'app1'


def test_no_password_is_in_the_memory(source: fake_juju.FakeJuju) -> None:
    known = know(source)
    known.tell('db', 1, {'password': 'tell-nobody'}, {'master': 'password=tell-nobody'})
    known.remember()

    assert 'tell-nobody' not in source.memory


def test_hook_of_a_client_is_taken_over_and_others_are_not() -> None:
    environment = {
        'JUJU_RELATION': 'db',
        'JUJU_RELATION_ID': 'db:12',
        'JUJU_DISPATCH_PATH': 'hooks/db-relation-broken',
        'JUJU_REMOTE_APP': 'app',
        'JUJU_REMOTE_UNIT': 'app/0',
        'JUJU_DEPARTING_UNIT': 'app/0',
    }
    peers = {'JUJU_RELATION': 'replication', 'JUJU_DISPATCH_PATH': 'hooks/x', 'A': 'b'}

    assert juju.take_over(environment) == juju.Hook(12, is_broken=True)
    assert environment == {
        'JUJU_RELATION': 'db',
        'JUJU_RELATION_ID': 'db:12',
        'JUJU_DISPATCH_PATH': 'hooks/clients-changed',
    }
    assert juju.take_over(dict(peers)) == juju.Hook()
    assert juju.take_over({}) == juju.Hook()
