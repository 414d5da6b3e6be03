"""The actions that steer the cluster: who is the primary, and when servers restart.

Each tells in its log what it does, says with ``plan=true`` what it would do, and is harmless when
it is run twice.

Source: Patroni documentation, "Patroni REST API"; the hand-over is :mod:`pgcharm.departure`'s.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping

from . import (
    actions,
    cluster,
    departure,
    errors,
    files,
    https,
    layout,
    observed,
    reserve,
    status,
    steps,
    takeover,
)

_PATIENCE = 60.0
"""Seconds for one server to restart and to follow again."""

_LOOK_SECONDS = 0.2


def switchover(question: actions.Question) -> Mapping[str, str]:
    """Make another unit the primary, the named one or the one that is furthest."""
    found = _view(question)
    candidate = str(question.params.get('candidate') or '')
    if candidate == layout.unit_of(found.leader):
        return {'primary': candidate, 'result': f'{candidate} is the primary already'}
    check_candidate(found, candidate)
    plan = f'{layout.unit_of(found.leader)} hands over to {candidate or "the furthest standby"}'
    if question.params.get('plan'):
        return {'plan': plan}
    _refuse_paused(question)
    question.tell(plan)
    begin = time.monotonic()
    _move(question, found, candidate)
    return {
        'primary': _primary(question),
        'result': f'handed over in {time.monotonic() - begin:.1f} s',
    }


def restart(question: actions.Question) -> Mapping[str, str]:
    """Restart PostgreSQL on all units: the standbys one by one, then the primary's role moves.

    The first one that does not come back ends it: the others were not touched.
    """
    found = _view(question)
    standbys = [one for one in found.members if one.name != found.leader]
    if question.params.get('pending'):
        standbys = [one for one in standbys if one.is_pending]
    leader = found.member(found.leader)
    moves = leader is not None and (leader.is_pending or not question.params.get('pending'))
    order = [layout.unit_of(one.name) for one in standbys]
    if moves:
        order.append(layout.unit_of(found.leader))
    if question.params.get('plan') or not order:
        return {'plan': ', then '.join(order) or 'no unit waits for a restart'}
    _refuse_paused(question)
    for member in standbys:
        _restart(question, member)
    if moves:
        # A primary with a standby restarts as one: writers wait for the hand-over alone.
        found = _view(question)
        if reserve.takers(found):
            question.tell(f'{layout.unit_of(found.leader)} hands over')
            old = found.leader
            _move(question, found, '')
            _wait(question, lambda view: _follows(view, old), f'{old} does not follow again')
        else:
            assert leader is not None
            _restart(question, leader)
    return {'restarted': ' '.join(order), 'primary': _primary(question)}


def reinitialise(question: actions.Question) -> Mapping[str, str]:
    """Throw this standby's data away and copy the primary's again."""
    found, own = _view(question), question.wanted.places.member
    if found.leader == own:
        raise errors.Error(
            f'{question.wanted.unit} is the primary: its data are the ones that count; '
            'run it on a standby, or "switchover" first'
        )
    plan = (
        f'{question.wanted.unit} copies its data from {layout.unit_of(found.leader)} again; '
        'what it has now is lost'
    )
    if question.params.get('plan'):
        return {'plan': plan}
    question.tell(plan)
    cluster.reinitialise(question.door)
    question.wake()
    return {'result': "the copy has begun; the unit's status shows how far it is"}


def pause(question: actions.Question) -> Mapping[str, str]:
    """Stop all automatic failovers and restarts until ``resume``."""
    return _set_pause(question, is_paused=True)


def resume(question: actions.Question) -> Mapping[str, str]:
    """Let Patroni act by itself again."""
    return _set_pause(question, is_paused=False)


def fence(question: actions.Question) -> Mapping[str, str]:
    """Stop PostgreSQL on this unit and keep it stopped, whatever happens; a primary hands over."""
    unit, path = question.wanted.unit, question.wanted.places.fence
    if path.exists():
        return {'result': f'{unit} is fenced already'}
    found = _view(question)
    is_primary = found.leader == question.wanted.places.member
    moves = is_primary and bool(reserve.takers(found))
    if is_primary and not moves and not question.params.get('force'):
        raise errors.Error(
            f'{unit} is the primary and no standby may take over: nobody could write; '
            'give force=true if that is what you want'
        )
    plan = f'{unit} hands over and stops' if moves else f'{unit} stops'
    if question.params.get('plan'):
        return {'plan': plan}
    question.tell(plan)
    if moves:
        _refuse_paused(question)
        _move(question, found, '')
    files.write(path, '')
    question.wake()
    return {'result': f'{unit} is fenced; the action "unfence" ends that'}


def unfence(question: actions.Question) -> Mapping[str, str]:
    """Let PostgreSQL run on this unit again."""
    unit, path = question.wanted.unit, question.wanted.places.fence
    if not path.exists():
        return {'result': f'{unit} is not fenced'}
    if question.params.get('plan'):
        return {'plan': f'{unit} starts and joins again'}
    path.unlink(missing_ok=True)
    question.wake()
    return {'result': f'{unit} joins again; its status shows how far it is'}


def take_over(question: actions.Question) -> Mapping[str, str]:
    """Let this unit go on without the others, which an operator says are dead."""
    wanted = question.wanted
    seen = observed.observe(wanted)
    if seen.database is not None and seen.database.is_primary:
        return {'result': f'{wanted.unit} is the primary already'}
    accepts_loss = bool(question.params.get('accept-data-loss'))
    refused = takeover.refusal(wanted, seen, accepts_loss=accepts_loss)
    if refused:
        raise errors.Error(refused)
    if question.params.get('plan'):
        more = '' if accepts_loss else ', if it had confirmed all writes'
        return {'plan': f'etcd begins again on {wanted.unit}, which becomes the primary{more}'}
    now = dt.datetime.now(dt.timezone.utc)
    intent = takeover.told(wanted, seen, now, accepts_loss=accepts_loss)
    question.bags.publish({'takeover': str(intent)})
    question.wake()
    return {'result': f'{wanted.unit} takes over; its status shows how far it is'}


def why(question: actions.Question) -> Mapping[str, str]:
    """Return who is the primary since when, and what this unit waits for."""
    seen = observed.observe(question.wanted)
    now = status.status(question.wanted, seen)
    results = {'unit': question.wanted.unit, 'status': f'{now.name}: {now.message}'}
    faults = question.wanted.parse(seen.accepted, seen.parameters).faults
    if faults:
        lines = [f'{fault.option}: {fault.reason}' for fault in faults]
        command = f'config {question.wanted.places.scope} {faults[0].option}=...'
        results['options'] = '\n'.join(
            (*lines, f'the units run with the last good ones: {command}')
        )
    if seen.cluster is None:
        return {**results, 'primary': '', 'reason': 'no majority of etcd answers this unit'}
    history = cluster.history(question.door)
    primary = layout.unit_of(seen.cluster.leader) if seen.cluster.leader else ''
    rows = [('timeline', 'since', 'primary')]
    rows += [
        (str(one.timeline), one.since, layout.unit_of(one.leader) if one.leader else '')
        for one in history
    ]
    if history and history[-1].leader == seen.cluster.leader:
        results['since'] = history[-1].since
    else:
        results['since'] = 'the cluster was made'
    return {**results, 'primary': primary, 'history': actions.table(rows)}


def _set_pause(question: actions.Question, *, is_paused: bool) -> Mapping[str, str]:
    word = 'paused' if is_paused else 'automatic'
    if cluster.is_paused(cluster.shared_settings(question.door)) == is_paused:
        return {'result': f'failover is {word} already'}
    if question.params.get('plan'):
        return {'plan': f'failover becomes {word}'}
    cluster.change_shared_settings(question.door, {'pause': True if is_paused else None})
    question.wake()
    return {'result': f'failover is {word}'}


def _view(question: actions.Question) -> cluster.Cluster:
    """Return the cluster, which has to have a primary."""
    found = cluster.Cluster(cluster.members(question.door))
    if not found.leader:
        raise errors.Error('there is no primary now; wait until one is elected')
    return found


def _primary(question: actions.Question) -> str:
    found = cluster.look(question.door)
    return layout.unit_of(found.leader) if found is not None and found.leader else ''


def check_candidate(found: cluster.Cluster, candidate: str) -> None:
    """Refuse a hand-over that nobody, or not the unit *candidate*, could take.

    Args:
        found: The cluster.
        candidate: A unit's name; empty for any.

    Raises:
        errors.Error: With the units that could.
    """
    standbys = {layout.unit_of(one.name): one for one in reserve.takers(found)}
    if not standbys and any(one.is_streaming for one in found.members):
        raise errors.Error(
            'no standby may become the master: see the options "no-failover" and '
            '"delayed-standby", or add a unit'
        )
    if not standbys:
        raise errors.Error('no standby streams: add a unit, or wait until one has caught up')
    member = found.member(layout.member_of(candidate)) if candidate else None
    if member is not None and not member.may_lead:
        raise errors.Error(
            f'{candidate} never becomes the master (options "no-failover", "delayed-standby"); '
            f'choose one of: {" ".join(sorted(standbys))}'
        )
    if candidate and candidate not in standbys:
        names = ' '.join(sorted(standbys))
        raise errors.Error(f'"{candidate}" is no standby that streams; choose one of: {names}')
    confirms = [unit for unit, one in standbys.items() if one.is_synchronous]
    if candidate and confirms and candidate not in confirms:
        raise errors.Error(
            f'{candidate} does not confirm writes, so it may lack some; choose one of: '
            f'{" ".join(sorted(confirms))}'
        )


def _refuse_paused(question: actions.Question) -> None:
    if cluster.is_paused(cluster.shared_settings(question.door)):
        raise errors.Error('failover is paused; run the action "resume" first')


def _move(question: actions.Question, found: cluster.Cluster, candidate: str) -> None:
    """Let the primary's role move; fast where this unit has it and there is one way to go."""
    standbys = reserve.takers(found)
    if found.leader == question.wanted.places.member and (not candidate or len(standbys) == 1):
        binaries = observed.observe(question.wanted).binaries
        assert binaries is not None
        others = tuple(
            observed.peer_door(question.wanted, peer, question.ports)
            for peer in question.wanted.peers.known
        )
        departure.hand_over(
            steps.HandOver(
                question.door,
                others,
                question.ports.postgresql,
                binaries.pg_bin_dir,
            ),
            question.wanted.places,
        )
    else:
        goal = layout.member_of(candidate) if candidate else ''
        cluster.switchover(question.door, found.leader, goal, _PATIENCE)

    def has_moved(view: cluster.Cluster) -> bool:
        return view.leader not in ('', found.leader)

    _wait(question, has_moved, f'{layout.unit_of(found.leader)} is still the primary')


def _restart(question: actions.Question, member: cluster.Member) -> None:
    unit = layout.unit_of(member.name)
    question.tell(f'restarting {unit}')
    cluster.restart_and_wait(_door(question, unit), _PATIENCE)
    _wait(question, lambda view: _follows(view, member.name), f'{unit} does not follow again')


def _follows(view: cluster.Cluster, name: str) -> bool:
    member = view.member(name)
    return member is not None and (member.is_streaming or view.leader == name)


def _door(question: actions.Question, unit: str) -> https.Door:
    if unit == question.wanted.unit:
        return question.door
    for peer in question.wanted.peers.known:
        if peer.unit == unit:
            return observed.peer_door(question.wanted, peer, question.ports)
    raise errors.Error(f'{unit} has not said where its Patroni is; wait until it has joined')


def _wait(
    question: actions.Question, condition: Callable[[cluster.Cluster], bool], otherwise: str
) -> None:
    """Look until *condition* holds.

    Raises:
        errors.Error: If it does not hold in time; *otherwise* says what is wrong then.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = cluster.look(question.door)
        if found is not None and condition(found):
            return
        if time.monotonic() > deadline:
            raise errors.Error(f'{otherwise} after {_PATIENCE:.0f} s; see "show-cluster"')
        time.sleep(_LOOK_SECONDS)


ACTIONS: Mapping[str, Callable[[actions.Question], Mapping[str, str]]] = {
    'switchover': switchover,
    'restart': restart,
    'reinitialise': reinitialise,
    'pause': pause,
    'resume': resume,
    'fence': fence,
    'unfence': unfence,
    'takeover': take_over,
    'why': why,
}
