"""Decide what to do: from what is wanted and what is, a pure function.

The plan goes as far as what is known carries; after its steps the world is looked at again and
another plan is made, until one is empty. Whatever depends on what this hook generates waits for
a later hook, because it is read from what Juju had committed when this one began.
"""

from __future__ import annotations

import datetime as dt

from . import desired, leaving, observed, preparing, running, steps, volume


def plan(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> tuple[steps.Step, ...]:
    """Return the next steps; none when all is as wanted.

    Args:
        wanted: What shall be.
        seen: What is.
        now: The time.
    """
    if wanted.is_leaving or seen.volume.content is volume.Content.ABSENT:
        return tuple(leaving.leaving(wanted, seen))
    if has_left(wanted, seen):
        return ()
    return (
        *preparing.agreeing(wanted),
        *preparing.preparing(wanted, seen, now),
        *running.running(wanted, seen, now),
    )


def has_left(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit said goodbye on its storage, which was not attached again since."""
    marker = seen.volume.marker
    return (
        seen.volume.content is volume.Content.OURS
        and marker is not None
        and bool(marker.left)
        and not wanted.is_arriving
    )


def is_on_its_way(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the server was started and will be the primary if all goes well."""
    return (
        wanted.makes_cluster
        and not wanted.is_leaving
        and 'patroni' in seen.services.digests
        and (seen.database is None or not seen.database.is_primary)
    )
