"""The application lets a witness in, calls it, and counts it only while it is there."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unit.charm import test_voting, worlds

from pgcharm import (
    cluster,
    consensus,
    desired,
    etcd,
    https,
    membership,
    observed,
    patroni,
    plan,
    status,
    steps,
    witness,
)
from pgcharm.membership import Member

ASKED = dataclasses.replace(test_voting.REQUEST, answer='')
PEER = {
    'address': '10.0.0.2',
    'client-address': '10.0.0.2',
    'postgresql-port': '5432',
    'patroni-port': '8008',
    'etcd-client-port': '2379',
    'etcd-peer-port': '2380',
    'state': 'hot standby',
}
VOTER = Member('1', 'pg-0', 'https://10.0.0.1:2380', 'https://10.0.0.1:2379')
LEARNER = Member('2', 'pg-1', 'https://10.0.0.2:2380', 'https://10.0.0.2:2379', True)
WITNESS = Member('3', 'w.pg-0', ASKED.peer_url, 'https://10.0.0.9:2379')
CALL = str(int(worlds.NOW.timestamp() // 30))
DOOR = https.Door('10.0.0.1', 1, Path('/none'), Path('/none'), Path('/none'))


def wanted(told: Mapping[str, str] | None = None, **changes: Any) -> desired.Desired:
    """Return the leader of two units with a witness; *told* is what that was told."""
    values: dict[str, Any] = {
        'peers': worlds.bags(units={'pg/1': PEER}),
        'published': {'state': 'master'},
        'witness': ASKED,
        'told_witness': told or {},
        'planned_units': 2,
    }
    return worlds.wanted(**{**values, **changes})


def seen(*members: Member, present: tuple[str, ...] = ()) -> observed.Observed:
    found = worlds.running(worlds.wanted())
    both = (
        cluster.Member('pg-0', 'leader', 'running', '10.0.0.1', 5432, 1, None),
        cluster.Member('pg-1', 'sync_standby', 'streaming', '10.0.0.2', 5432, 1, 0),
    )
    return dataclasses.replace(
        found,
        start=etcd.Start(worlds.TOKEN, {}),
        etcd=consensus.View(members or (VOTER, LEARNER), '1'),
        cluster=cluster.Cluster(both),
        witnesses=frozenset(present),
    )


def told(wanted_: desired.Desired, seen_: observed.Observed) -> dict[str, str]:
    """Return what the witness is told now."""
    found: dict[str, str] = {}
    for step in plan.plan(wanted_, seen_, worlds.NOW):
        if isinstance(step, steps.TellWitness):
            found |= step.content
    return found


def admitted(**changes: str) -> dict[str, str]:
    ca = worlds.secrets().ca_certificate
    return {
        'certificate': 'pem',
        'expires': f'{worlds.NOW + dt.timedelta(days=300):%Y-%m-%d}',
        'holder': ASKED.identity(ca),
        **changes,
    }


def kinds(wanted_: desired.Desired, seen_: observed.Observed) -> list[str]:
    return [type(step).__name__ for step in plan.plan(wanted_, seen_, worlds.NOW)]


def test_new_witness_gets_a_certificate_before_it_is_called() -> None:
    assert 'AdmitWitness' in kinds(wanted(), seen())
    assert 'call' not in told(wanted(), seen())


def test_certificate_is_renewed_in_time() -> None:
    soon = f'{worlds.NOW + dt.timedelta(days=20):%Y-%m-%d}'

    assert 'AdmitWitness' not in kinds(wanted(admitted()), seen())
    assert 'AdmitWitness' in kinds(wanted(admitted(expires=soon)), seen())


def test_witness_with_its_certificate_is_called() -> None:
    assert told(wanted(admitted()), seen())['call'] == CALL


def test_call_that_nobody_answers_is_not_repeated() -> None:
    assert 'call' not in told(wanted(admitted(call='1')), seen())


def test_answer_that_is_old_is_asked_for_again() -> None:
    asked = dataclasses.replace(ASKED, answer='1')

    assert told(wanted(admitted(call='1'), witness=asked), seen())['call'] == CALL


def test_witness_that_is_a_member_is_not_called() -> None:
    assert 'call' not in told(wanted(admitted()), seen(VOTER, LEARNER, WITNESS))


def test_witness_is_not_called_for_one_unit_or_three() -> None:
    three = worlds.bags(units={'pg/1': PEER, 'pg/2': {**PEER, 'address': '10.0.0.3'}})

    assert 'call' not in told(wanted(admitted(), peers=three), seen())
    assert 'call' not in told(wanted(admitted(), peers=worlds.bags()), seen())


def test_witness_on_a_unit_s_machine_is_refused() -> None:
    asked = dataclasses.replace(ASKED, addresses=('10.0.0.2',))

    found = told(wanted(witness=asked), seen())

    assert found['refused'] == 'it is on the machine of pg/1, and would be lost with it'
    assert 'AdmitWitness' not in kinds(wanted(witness=asked), seen())


def test_only_the_leader_tells_the_witness() -> None:
    assert told(wanted(is_leader=False), seen()) == {}


def test_witness_that_is_there_is_let_in() -> None:
    url = ASKED.peer_url

    assert 'ChangeMembers' in kinds(wanted(admitted()), seen(present=(url,)))
    assert 'ChangeMembers' not in kinds(wanted(admitted()), seen())


def test_answer_counts_for_a_moment_only() -> None:
    call = str(int(dt.datetime.now(dt.timezone.utc).timestamp() // 30))
    view = consensus.View((VOTER, LEARNER), '1')

    def there(told_call: str, answer: str) -> frozenset[str]:
        asked = dataclasses.replace(ASKED, answer=answer)
        return witness.present(asked, {'call': told_call}, view, DOOR)

    assert there(call, call) == {ASKED.peer_url}
    assert there(call, '') == frozenset()
    assert there('5', '5') == frozenset()


def test_witness_that_is_gone_leaves() -> None:
    view = consensus.View((VOTER, LEARNER, WITNESS), '1')

    (found,) = witness.units(None, view, frozenset({WITNESS.peer_url}))

    assert found == membership.Unit(
        WITNESS.name, WITNESS.peer_url, is_leaving=True, is_witness=True
    )


def test_promise_counts_on_a_witness_that_is_there() -> None:
    members = (VOTER, dataclasses.replace(LEARNER, is_learner=False), WITNESS)

    def shown(*present: str) -> str:
        found = seen(*members, present=present)
        shared = patroni.dynamic({}, patroni.Safety('on'))
        return status.status(wanted(), dataclasses.replace(found, shared=shared)).message

    assert shown(WITNESS.peer_url) == 'can lose 1 unit, 0 writes, about 7 s'
    assert shown() == 'can lose no unit: the witness is away'
