"""An application's part in having a witness: it lets one in, calls it, and counts it.

A witness runs nothing before etcd has it in its list, so that nothing shows whether it is there.
So the leader calls it, by a number in its bag, and adds it only when that was answered just now.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from concurrent import futures
from typing import TYPE_CHECKING

from . import consensus, etcd, https, membership, patroni, steps, voting

if TYPE_CHECKING:
    from . import desired, observed

_CALL_SECONDS = 30
_RENEW_BEFORE = dt.timedelta(days=30)
_PATIENCE = 0.5


def units(
    asked: voting.Request | None, found: consensus.View | None, present: frozenset[str]
) -> Iterator[membership.Unit]:
    """Yield the witness, and any that etcd still has although it is none any more.

    Args:
        asked: What the witness asks for.
        found: The cluster.
        present: Peer URLs of those that are there.
    """
    url = asked.peer_url if asked is not None else ''
    if url:
        yield membership.Unit('witness', url, is_alive=url in present, is_witness=True)
    for member in found.members if found is not None else ():
        if voting.is_witness(member) and member.peer_url != url:
            yield membership.Unit(
                member.name,
                member.peer_url,
                is_alive=member.peer_url in present,
                is_leaving=True,
                is_witness=True,
            )


def voters(found: consensus.View) -> list[membership.Member]:
    """Return the members that vote and have no data."""
    return [member for member in found.voters if voting.is_witness(member)]


def present(
    asked: voting.Request | None,
    told: Mapping[str, str],
    found: consensus.View,
    like: https.Door,
) -> frozenset[str]:
    """Return the peer URLs of the witnesses that are there.

    A member answers itself; one that is none yet has answered our last call just now.

    Args:
        asked: What the witness asks for.
        told: What our leader told it.
        found: The cluster.
        like: A door with this unit's credentials.
    """
    members = [member for member in found.members if voting.is_witness(member)]
    there: set[str] = set()
    if members:
        with futures.ThreadPoolExecutor(len(members)) as pool:
            answers = pool.map(lambda one: _answers(one, like), members)
            there |= {
                one.peer_url for one, is_there in zip(members, answers, strict=True) if is_there
            }
    if asked is not None and asked.peer_url not in {member.peer_url for member in members}:
        call = told.get('call', '')
        if call and asked.answer == call and _age(call, time.time()) <= 1:
            there.add(asked.peer_url)
    return frozenset(there)


def _answers(member: membership.Member, like: https.Door) -> bool:
    parts = urllib.parse.urlsplit(member.client_url)
    door = dataclasses.replace(
        like, address=parts.hostname or '', port=parts.port or 0, user='', password=''
    )
    return etcd.is_ready(door, timeout=_PATIENCE)


def _age(call: str, now: float) -> int:
    """Return how many times it could have been called anew since."""
    return int(now // _CALL_SECONDS) - int(call)


def telling(
    wanted: desired.Desired,
    seen: observed.Observed,
    everybody: tuple[membership.Unit, ...],
    now: dt.datetime,
) -> Iterator[steps.Step]:
    """Return what the leader does that the witness may know where to vote.

    Args:
        wanted: What shall be.
        seen: What is.
        everybody: All units as members of etcd.
        now: The time.
    """
    asked, secrets, told = wanted.witness, wanted.peers.secrets, wanted.told_witness
    assert asked is not None and secrets is not None
    assert seen.etcd is not None and seen.ports is not None
    hosts = [patroni.join(wanted.address, seen.ports.etcd_client)]
    hosts += [patroni.join(peer.address, peer.etcd_client) for peer in wanted.peers.known]
    content = {
        'unit': asked.unit,
        'ca': secrets.ca_certificate,
        'token': secrets.token,
        'hosts': ' '.join(sorted(hosts)),
        'members': consensus.fingerprint(seen.etcd),
    }
    neighbour = _neighbour(wanted, asked)
    is_due = _is_due(asked, told, secrets.ca_certificate, now)
    if neighbour:
        # A client takes a certificate for that address as PostgreSQL's own.
        refused = f'it is on the machine of {neighbour}, and would be lost with it'
        content |= {'certificate': '', 'holder': '', 'refused': refused}
    elif is_due:
        yield steps.AdmitWitness(asked, secrets.ca_certificate, secrets.ca_key)
    elif told.get('certificate') and _is_wanted(asked, seen.etcd, everybody):
        call = told.get('call', '')
        if not call or (asked.answer == call and _age(call, now.timestamp()) > 1):
            content['call'] = str(int(now.timestamp() // _CALL_SECONDS))
    changed = {key: value for key, value in content.items() if told.get(key, '') != value}
    if changed:
        yield steps.TellWitness(changed)


def _neighbour(wanted: desired.Desired, asked: voting.Request) -> str:
    """Return the unit that the witness shares an address with, if any."""
    where = {peer.unit: {peer.address, peer.client_address} for peer in wanted.peers.known}
    if wanted.addresses is not None:
        where[wanted.unit] = {wanted.addresses.own, wanted.addresses.for_clients}
    return next((unit for unit, its in where.items() if its & {*asked.addresses}), '')


def _is_due(asked: voting.Request, told: Mapping[str, str], ca: str, now: dt.datetime) -> bool:
    if told.get('holder') != asked.identity(ca):
        return True
    if not told.get('certificate'):
        return False  # refused
    expires = dt.datetime.fromisoformat(told['expires']).replace(tzinfo=dt.timezone.utc)
    return expires - _RENEW_BEFORE <= now


def _is_wanted(
    asked: voting.Request, found: consensus.View, everybody: tuple[membership.Unit, ...]
) -> bool:
    """Tell whether the witness would be added if it were there."""
    if found.by_peer_url(asked.peer_url) is not None:
        return False
    holders = [unit for unit in everybody if not unit.is_witness]
    return len(holders) == 2 and all(unit.is_alive for unit in holders)
