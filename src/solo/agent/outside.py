"""``juju-exec``, called on the unit's machine from outside any hook.

Source: juju: cmd/internal/run/run.go.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from typing import NamedTuple

from .. import errors, flags, model, names

COMMAND = flags.Command(
    'juju-exec',
    '[<unit-name>] <commands>',
    "Run commands in a unit's hook context.",
    flags=(
        flags.Flag(('no-context',), 'bool', help='do not run the command in a unit context'),
        flags.Flag(('r', 'relation'), help='run the commands for a specific relation context'),
        flags.Flag(('remote-unit',), help='run the commands for a specific remote unit'),
        flags.Flag(('remote-app',), help='run the commands for a specific remote application'),
        flags.Flag(('force-remote-unit',), 'bool', help='skip the check of the remote unit'),
        flags.Flag(('u', 'unit'), help='explicit unit-name'),
    ),
)


class Asked(NamedTuple):
    """What a ``juju-exec`` asks for; ``unit`` is empty when it runs without a context."""

    unit: str
    script: str
    parsed: flags.Parsed


def read(args: tuple[str, ...], units: Collection[str]) -> Asked:
    """Read the command line of a ``juju-exec``.

    Args:
        args: Its arguments.
        units: The names of the units on its machine.

    Raises:
        UsageError: In Juju's words.
        Error: If the unit isn't on this machine.
        HelpAsked: If help was asked for.
    """
    parsed = flags.parse(COMMAND, args, interspersed=False)
    words = list(parsed.args)
    unit = parsed.flags['unit']
    if not unit and not parsed.flags['no-context']:
        if words and names.is_unit(words[0]):
            unit = words.pop(0)
        elif len(units) == 1:
            (unit,) = units
        elif 'unit' not in parsed.spelled:
            raise errors.UsageError('missing unit-name')
        else:
            raise errors.UsageError('cannot infer the unit: several are on this machine')
    if unit and unit not in units:
        raise errors.Error(f'unit "{unit}" not found on this machine')
    if not words:
        raise errors.UsageError('missing commands')
    return Asked(unit, words[0] if len(words) == 1 else shlex.join(words), parsed)


def commands(asked: Asked, number: int, snapshot: model.Snapshot) -> model.Commands:
    """Return what *asked* means in the unit's world.

    Raises:
        Error: If the relation or its remote unit can't be told.
    """
    given = asked.parsed.flags['relation']
    unit: str = asked.parsed.flags['remote-unit']
    if not given:
        if unit:
            raise errors.UsageError(f'remote unit: {unit}, provided without a relation')
        return model.Commands(number, asked.script)
    relation = given.rpartition(':')[2]
    if not relation.isdecimal():
        raise errors.UsageError(f'invalid relation id "{given}"')
    view = snapshot.relations.get(int(relation))
    if view is None:
        raise errors.Error(f'unable to find relation id: {relation}')
    application: str = asked.parsed.flags['remote-app']
    if not unit and not application:
        unit = _infer(view)
    elif unit and unit not in view.members and not asked.parsed.flags['force-remote-unit']:
        raise errors.Error(
            f'cannot find remote unit {unit} in relation {relation}; '
            f'possibilities are [{" ".join(sorted(view.members))}]'
        )
    return model.Commands(
        number, asked.script, view.id, unit or None, application or view.remote_app
    )


def _infer(view: model.RelationView) -> str:
    """Return the relation's only remote unit. Source: contextfactory.go inferRemoteUnit."""
    members = sorted(view.members)
    if not members:
        raise errors.Error(f'cannot infer remote unit in empty relation {view.id}')
    if len(members) > 1:
        raise errors.Error(f'ambiguous remote unit; possibilities are [{" ".join(members)}]')
    return members[0]
