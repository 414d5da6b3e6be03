"""What a unit's hooks must look like, whatever was killed: Juju's order, contract section 2."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

_SETUP = ('install', 'leader-elected', 'leader-settings-changed', 'config-changed')


def faults(trace: Sequence[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the hooks of one unit; they may have run more than once in a row.

    Args:
        trace: What the tracer charm wrote down, oldest first.
    """
    runs = [_identity(line) for line in trace if line['env'].get('JUJU_HOOK_NAME')]
    hooks = [hook for hook, _ in itertools.groupby(runs)]
    names = [name for name, _, _ in hooks]
    return [*_beginning(names), *_relations(hooks), *_end(names)]


def _identity(line: dict[str, Any]) -> tuple[str, str, str]:
    env = line['env']
    return line['name'], env.get('JUJU_RELATION_ID', ''), env.get('JUJU_REMOTE_UNIT', '')


def _beginning(names: list[str]) -> list[str]:
    found: list[str] = []
    if names and names[0] != 'install':
        found.append(f'the first hook is {names[0]}')
    found += [f'{once} ran twice' for once in ('install', 'stop') if names.count(once) > 1]
    if 'start' in names:
        before = names[: names.index('start')]
        if before[-1] != 'config-changed':
            found.append(f'start follows {before[-1]}')
        strangers = {name for name in before if name not in _SETUP and 'created' not in name}
        if strangers:
            found.append(f'before start: {sorted(strangers)}')
    return found


def _relations(hooks: list[tuple[str, str, str]]) -> list[str]:
    found: list[str] = []
    members: dict[str, set[str]] = {}
    gone: set[str] = set()
    expected: dict[str, tuple[str, str]] = {}
    for name, relation, remote in hooks:
        if not relation:
            continue
        kind = name.rpartition('-relation-')[2]
        if relation in gone:
            found.append(f'{name} after {relation} broke')
        wanted = expected.pop(relation, None)
        if wanted is not None and (kind, remote) not in (wanted, ('departed', remote)):
            found.append(f'{name} {remote} instead of {wanted} in {relation}')
        here = members.setdefault(relation, set())
        if kind == 'joined':
            if remote in here:
                found.append(f'{remote} joined {relation} twice')
            here.add(remote)
            expected[relation] = ('changed', remote)
        elif kind == 'changed' and remote and remote not in here:
            found.append(f'{name} of {remote}, which had not joined')
        elif kind == 'departed':
            if remote not in here:
                found.append(f'{name} of {remote}, which was not there')
            here.discard(remote)
        elif kind == 'broken':
            if here:
                found.append(f'{name} while {sorted(here)} are there')
            if name.startswith('ring-'):
                found.append('a peer relation broke')
            gone.add(relation)
    return found


def _end(names: list[str]) -> list[str]:
    if 'stop' not in names:
        return ['remove without stop'] if 'remove' in names else []
    after = names[names.index('stop') + 1 :]
    return [f'after stop: {after}'] if after not in ([], ['remove']) else []
