"""Units that never become the master, and units that are behind on purpose: pure functions.

A delayed standby applies what its primary wrote only after a time, as a way back from mistakes:
clients that read there would read of the past, so it serves none, and its word confirms nothing.
A unit without others is the one that there is, whatever the options say, and so is the one that
makes the cluster, until it has.

Source: Patroni documentation, "YAML Configuration Settings", ``tags``; PostgreSQL manual,
``recovery_min_apply_delay``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import cluster, config

if TYPE_CHECKING:
    from . import desired, observed


def never_leads(options: config.Config, unit: str) -> bool:
    """Tell whether *unit* shall not become the master."""
    return unit in options.no_failover or unit in options.delayed_standby


def delay(wanted: desired.Desired, seen: observed.Observed) -> str:
    """Return by how much this unit shall be behind, ``1h``; empty where it shall not."""
    if seen.accepted is None or _is_needed(wanted):
        return ''
    return seen.accepted.delayed_standby.get(wanted.unit, '')


def is_reserved(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit shall not become the master while there are others."""
    return (
        seen.accepted is not None
        and never_leads(seen.accepted, wanted.unit)
        and not _is_needed(wanted)
    )


def _is_needed(wanted: desired.Desired) -> bool:
    """Tell whether there is no other unit and there shall be none, or this one makes the cluster.

    Patroni lets nobody begin a cluster who shall not lead it.
    """
    is_alone = not wanted.peers.units and wanted.planned_units <= 1
    return is_alone or (wanted.makes_cluster and not wanted.published.get('state'))


def takers(found: cluster.Cluster) -> tuple[cluster.Member, ...]:
    """Return the standbys that may become the master now."""
    return tuple(one for one in found.members if one.is_streaming and one.may_lead)


def note(options: config.Config, unit: str) -> str:
    """Return what the table of the cluster says of *unit*; mostly nothing."""
    behind = options.delayed_standby.get(unit)
    if behind:
        return f'delayed {behind}'
    return 'no failover' if unit in options.no_failover else ''
