"""Options with which PostgreSQL does not start are taken back by themselves, on all units.

A unit remembers the options with which its server runs, nothing of them waiting for a restart:
they are proven. Where a start with newer ones fails, its bag says which and what it had before;
every unit then runs with those, also units that had restarted well, until an operator changes
the options. So a roll ends at the first unit that fails, and goes back over those before it; a
primary that runs is not touched, and a crash before the operator looks does no harm.

What a reload brings and the server refuses would only fail at its next start: the same, at once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from . import config

if TYPE_CHECKING:
    from . import desired, observed

_FIELDS = ('max_connections', 'shared_buffers', 'profile', 'extra_pg_conf')
"""The options that are settings of the server."""

_SETTLED = 10.0
"""Seconds after which what a reload changed is known: Patroni looks a second later."""


@dataclasses.dataclass(frozen=True)
class Undone:
    """Options that a unit's server did not start with."""

    refused: Mapping[str, Any]
    """By name as in :class:`config.Config`; all that are settings of the server."""

    instead: Mapping[str, Any]
    """Those that it had started with before."""

    unit: str
    reason: str
    """What the server said."""

    def __str__(self) -> str:
        """Return it as the bag has it."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


def read(bag: str) -> Undone | None:
    """Return what a bag says; None where it says nothing, or nothing of use."""
    try:
        said: Any = json.loads(bag)
        found = Undone(
            dict(said['refused']), dict(said['instead']), str(said['unit']), str(said['reason'])
        )
        config.from_options(found.instead)
    except (ValueError, KeyError, TypeError):
        return None
    return found if found.refused.keys() == found.instead.keys() == set(_FIELDS) else None


def known(wanted: desired.Desired) -> tuple[Undone, ...]:
    """Return what the units have found, in the same order on each."""
    bags = {wanted.unit: wanted.says, **wanted.peers.units}
    found = (read(bags[unit].get('undone', '')) for unit in sorted(bags))
    return tuple(one for one in found if one is not None)


def taken_back(parsed: config.Parsed, found: Iterable[Undone]) -> config.Parsed:
    """Return *parsed* with proven options in place of those that no server starts with."""
    asked = _settings(parsed.config)
    for one in found:
        if one.refused == asked:
            wrong = [name for name in _FIELDS if one.refused[name] != one.instead[name]]
            reason = f'undone, {one.unit} does not start with it: {one.reason or "see its log"}'
            faults = (config.Fault(name.replace('_', '-'), reason) for name in wrong)
            instead = dataclasses.replace(parsed.config, **one.instead)
            return config.Parsed(instead, (*parsed.faults, *faults))
    return parsed


def saying(wanted: desired.Desired, seen: observed.Observed, settings: str) -> dict[str, str]:
    """Return what this unit's bag shall say of options that its server does not start with.

    Args:
        wanted: What shall be.
        seen: What is.
        settings: Digest of what Patroni shall have loaded, made from ``seen.accepted``.
    """
    asked = _settings(config.parse(wanted.options, seen.accepted, seen.parameters).config)
    said = read(wanted.says.get('undone', ''))
    if said is not None and said.refused == asked:
        return {}
    before = _before(wanted, seen)
    reason = _refusal(seen, settings)
    if reason is not None and before is not None and seen.accepted is not None:
        refused = _settings(seen.accepted)
        if refused == asked and refused != before:
            return {'undone': str(Undone(refused, before, wanted.unit, reason))}
    return {'undone': ''} if wanted.says.get('undone') else {}


def is_to_prove(seen: observed.Observed, settings: str, now: dt.datetime) -> bool:
    """Tell whether the server runs with all of the accepted options, and that is news.

    Args:
        seen: What is.
        settings: Digest of what Patroni shall have loaded.
        now: The time.
    """
    server, patroni = seen.database, seen.patroni
    if server is None or patroni is None or seen.accepted is None or not is_open(seen):
        return False
    is_settled = _is_newer(seen) or now.timestamp() > seen.accepted_at + _SETTLED
    return patroni.settings == settings and not server.refused_settings and is_settled


def is_open(seen: observed.Observed) -> bool:
    """Tell whether it will be known by itself, and soon, whether the server runs with all."""
    if seen.accepted is None or seen.accepted == seen.proven:
        return False
    return seen.database is None or not waiting(seen) or _is_newer(seen)


def waiting(seen: observed.Observed) -> frozenset[str]:
    """Return the settings that wait for a restart because of options.

    Others follow from the machine alone: another unit came, so the share of the memory is less.
    """
    pending = frozenset(seen.patroni.pending) if seen.patroni is not None else frozenset[str]()
    if seen.accepted is None or seen.proven is None:
        return pending
    new, old = seen.settings(seen.accepted), seen.settings(seen.proven)
    return frozenset(name for name in pending if new.get(name) != old.get(name))


def _is_newer(seen: observed.Observed) -> bool:
    """Tell whether the server started with the options; what it waits for then is not theirs."""
    return seen.database is not None and seen.database.started_at > seen.accepted_at


def _refusal(seen: observed.Observed, settings: str) -> str | None:
    """Return what the server says against its settings; None where it has nothing against them."""
    if seen.database is None:
        failed = seen.failure
        return failed.reason if failed is not None and failed.settings == settings else None
    if seen.database.refused_settings and seen.patroni and seen.patroni.settings == settings:
        return f'it refuses {", ".join(seen.database.refused_settings)}'
    return None


def _before(wanted: desired.Desired, seen: observed.Observed) -> Mapping[str, Any] | None:
    """Return what this unit's server ran with; for the founder's first start the defaults.

    There the profile stays: what follows from it is ours, and made for the machine.

    A unit that joins has no word: the others run with the options that it does not start with.
    """
    if seen.proven is not None:
        return _settings(seen.proven)
    is_first = wanted.makes_cluster and not any(peer.state for peer in wanted.peers.known)
    if not is_first or seen.accepted is None:
        return None
    return _settings(config.Config(profile=seen.accepted.profile))


def _settings(options: config.Config) -> dict[str, Any]:
    plain = cast('dict[str, Any]', json.loads(config.to_json(options)))
    return {name: plain[name] for name in _FIELDS}
