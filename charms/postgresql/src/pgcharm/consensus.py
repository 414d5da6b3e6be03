"""The etcd cluster: who is in it, and how one changes that, over etcd's JSON gateway.

Source: etcd 3.4: ``Documentation/dev-guide/api_reference_v3.md``,
``etcdserver/etcdserverpb/rpc.proto``.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import logging
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Generator, Iterable
from typing import Any

from . import errors, etcd, https, membership

_log = logging.getLogger(__name__)

_PATIENCE = 1.0
_LOCK = '/charm/membership'
_LOCK_SECONDS = 15
_START_SECONDS = 10.0
"""For an etcd that begins again: more than the second or two that it takes."""

_LOOK_SECONDS = 0.1
_NAME = re.compile(r'[\w.-]{1,128}', re.ASCII)
_URL = re.compile(r'https://[0-9a-fA-F.:\[\]]{1,64}:\d{1,5}', re.ASCII)


class RefusedError(errors.UnreachableError):
    """etcd answered and will not, for now."""


@dataclasses.dataclass(frozen=True)
class View:
    """The cluster as a voter saw it that is in contact with a majority."""

    members: tuple[membership.Member, ...]
    leader: str
    """Id of the member that leads; empty during an election."""

    @property
    def voters(self) -> tuple[membership.Member, ...]:
        """Those that have started and vote."""
        return tuple(one for one in self.members if one.is_started and not one.is_learner)

    def by_peer_url(self, url: str) -> membership.Member | None:
        """Return the member whose peers find it at *url*."""
        return next((member for member in self.members if member.peer_url == url), None)


def start(
    found: View, name: str, url: str, token: str, known: etcd.Start | None
) -> etcd.Start | None:
    """Return how a member shall have begun; None where there shall be none.

    The list that the voters give decides: who stands there without a name has been added and
    begins now, with nothing of its former self; who no longer stands there has been removed.

    Args:
        found: The cluster.
        name: The member's.
        url: Where its peers find it.
        token: The cluster's.
        known: How it began until now.
    """
    own = found.by_peer_url(url)
    if own is None:
        # With an address that changed it still has its name there.
        return known if name in [member.name for member in found.members] else None
    if own.is_started or (known is not None and known.member == own.id):
        return known
    others = {one.name: one.peer_url for one in found.members if one.is_started}
    return etcd.Start(token, others, own.id)


def fingerprint(found: View) -> str:
    """Return what changes whenever the members do."""
    rows = sorted(
        (one.id, one.is_learner, one.is_started, one.client_url) for one in found.members
    )
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12]


def look(doors: Iterable[https.Door]) -> View | None:
    """Return the cluster as the first one that answers sees it; None when none does.

    All but the first door are tried at once, so that dead ones cost one patience in all.
    """
    first, *others = doors or [None]
    found = _try(first) if first else None
    if found is not None or not others:
        return found
    views: list[View] = []
    threads = [
        threading.Thread(target=lambda door=door: _collect(door, views), daemon=True)
        for door in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE * 1.5)
        if views:
            break
    return views[0] if views else None


def _collect(door: https.Door, views: list[View]) -> None:
    found = _try(door)
    if found is not None:
        views.append(found)


def _try(door: https.Door) -> View | None:
    try:
        return view(door)
    except errors.UnreachableError:
        return None


def view(door: https.Door) -> View:
    """Return the cluster as the member behind *door* sees it.

    A read that needs a majority comes first: the list itself is answered from memory, also by a
    member that was cut off an hour ago.

    Raises:
        errors.UnreachableError: If it does not answer, learns only, or has no majority.
    """
    _ask(door, '/v3/kv/range', etcd.key_request(_LOCK))
    listed = _ask(door, '/v3/cluster/member/list', {})
    leader = _ask(door, '/v3/maintenance/status', {}).get('leader', '')
    members = tuple(member(record) for record in listed.get('members', []))
    return View(members, '' if leader == '0' else str(leader))


def change(
    doors: Iterable[https.Door],
    owner: str,
    decide: Callable[[View], membership.Change | None],
) -> membership.Change | None:
    """Make one change, decided under the lock from a fresh list, and return it.

    None means that nothing was to be done, that somebody else holds the lock, or that etcd
    refuses for the moment, as it does for 5 s after each join: ask again.

    Args:
        doors: To voters.
        owner: Who takes the lock.
        decide: Given the fresh list, returns the change.
    """
    doors = tuple(doors)
    for door in doors:
        try:
            with _locked(door, doors, owner) as is_ours:
                if not is_ours:
                    return None
                found = view(door)
                todo = decide(found)
                if todo is not None:
                    _apply(todo, found, door)
                return todo
        except RefusedError as error:
            _log.info('etcd: %s', error)
            if 'learner' not in str(error):
                return None
        except errors.UnreachableError as error:
            _log.info('etcd: %s', error)
    return None


def _apply(todo: membership.Change, found: View, door: https.Door) -> None:
    _log.info('etcd: %s', todo)
    match todo:
        case membership.Add():
            body = {'peerURLs': [todo.peer_url], 'isLearner': True}
            _ask(door, '/v3/cluster/member/add', body)
        case membership.Promote():
            _ask(door, '/v3/cluster/member/promote', {'ID': todo.id})
        case membership.Remove():
            _ask(door, '/v3/cluster/member/remove', {'ID': todo.id})
        case membership.Move():
            body = {'ID': todo.id, 'peerURLs': [todo.peer_url]}
            _ask(door, '/v3/cluster/member/update', body)
        case membership.MoveLeader():
            # Only the leader itself hands over.
            leading = next(one for one in found.members if one.id == found.leader)
            body = {'targetID': todo.id}
            _ask(door_to(leading, door), '/v3/maintenance/transfer-leadership', body)


def door_to(member: membership.Member, like: https.Door) -> https.Door:
    """Return the way to *member*, with the credentials of another door."""
    parts = urllib.parse.urlsplit(member.client_url)
    return dataclasses.replace(like, address=parts.hostname or '', port=parts.port or 0)


@contextlib.contextmanager
def _locked(door: https.Door, doors: Iterable[https.Door], owner: str) -> Generator[bool]:
    """Hold the key that says who changes the cluster; a killed owner's lease frees it."""
    lease = _ask(door, '/v3/lease/grant', {'TTL': str(_LOCK_SECONDS)})['ID']
    key = etcd.key_request(_LOCK)['key']
    try:
        answer = _ask(
            door,
            '/v3/kv/txn',
            {
                'compare': [
                    {'key': key, 'target': 'CREATE', 'result': 'EQUAL', 'create_revision': '0'}
                ],
                'success': [
                    {
                        'request_put': {
                            'key': key,
                            'value': base64.b64encode(owner.encode()).decode(),
                            'lease': lease,
                        }
                    }
                ],
            },
        )
        yield bool(answer.get('succeeded'))
    finally:
        # The member that gave the lease may just have been removed: any voter takes it back.
        for other in (door, *doors):
            with contextlib.suppress(errors.UnreachableError):
                _ask(other, '/v3/lease/revoke', {'ID': lease})
                break


def forget_leader(door: https.Door, scope: str, own: str, *, confirmations: bool) -> None:
    """Delete Patroni's leader key where another one than *own* holds it.

    Waits for an etcd that has just been started, and changes nothing once it has other members:
    then they may have elected somebody.

    Args:
        door: To the member of etcd that the unit *own* has.
        scope: Patroni's cluster.
        own: The unit's name in Patroni and etcd.
        confirmations: Whether also to delete who has confirmed all writes.

    Raises:
        errors.UnreachableError: If etcd does not answer in time, or refuses.
    """
    deadline = time.monotonic() + _START_SECONDS
    while (found := _try(door)) is None:
        if time.monotonic() > deadline:
            raise errors.UnreachableError(f'etcd does not answer at {door.address}:{door.port}')
        time.sleep(_LOOK_SECONDS)
    if [one.name for one in found.members] != [own]:
        return
    if confirmations:
        _ask(door, '/v3/kv/deleterange', etcd.key_request(f'/service/{scope}/sync'))
    key = etcd.key_request(f'/service/{scope}/leader')
    value = base64.b64encode(own.encode()).decode()
    body = {
        'compare': [{**key, 'target': 'VALUE', 'result': 'NOT_EQUAL', 'value': value}],
        'success': [{'request_delete_range': key}],
    }
    _ask(door, '/v3/kv/txn', body)


def member(record: dict[str, Any]) -> membership.Member:
    """Return a member; what would be no name or URL on a command line of ours is left out."""
    return membership.Member(
        id=str(record['ID']),
        name=_checked(_NAME, record.get('name', '')),
        peer_url=_checked(_URL, *record.get('peerURLs', ())[:1]),
        client_url=_checked(_URL, *record.get('clientURLs', ())[:1]),
        is_learner=bool(record.get('isLearner')),
    )


def _checked(pattern: re.Pattern[str], text: str = '') -> str:
    return text if pattern.fullmatch(text) else ''


def _ask(door: https.Door, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = https.ask(door, 'POST', path, body, timeout=_PATIENCE)
    if answer.status != 200 or not https.is_record(answer.content):
        said = answer.record.get('error') or answer.content
        raise RefusedError(f'etcd at {door.address}:{door.port} refuses {path}: {said}')
    return dict(answer.content)
