#!/usr/bin/env python3
"""A client as those of the reactive era were: it trusts whole bags with `master` and `standbys`.

Its rules are those that the documentation of interface:pgsql gives: a unit that says `master` or
`standbys` has to say all the rest too, and to repeat the wishes to the letter, or no database of
the relation is used. The first `master` counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

WISHES = ('database', 'roles', 'extensions')
NEEDED = ('host', 'port', 'database', 'user', 'password')


def ask_juju(*command: str) -> Any:
    """Return what a hook command answers."""
    done = subprocess.run([*command, '--format=json'], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def networks(text: str | None) -> set[str]:
    """Return the parts of a list with commas."""
    return {part.strip() for part in (text or '').split(',') if part.strip()}


def is_complete(bag: dict[str, str], wished: dict[str, str], mine: dict[str, str]) -> bool:
    """Tell whether a bag says all, repeats the wishes, and lets this unit in."""
    echoed = all(bag.get(key, '') == value for key, value in wished.items() if value)
    own = networks(mine.get('egress-subnets'))
    allowed = own <= networks(bag.get('allowed-subnets'))
    if not own:
        allowed = os.environ['JUJU_UNIT_NAME'] in bag.get('allowed-units', '').split(',')
    return all(bag.get(key) for key in NEEDED) and echoed and allowed


def connections() -> tuple[str, str]:
    """Return the master and the standbys, a line each; nothing while a unit is half said."""
    me = os.environ['JUJU_UNIT_NAME']
    wished = {key: str(ask_juju('config-get', key) or '') for key in WISHES}
    for relation in ask_juju('relation-ids', 'db'):
        units = ask_juju('relation-list', '-r', relation)
        mine = ask_juju('relation-get', '-r', relation, '-', me)
        bags = [ask_juju('relation-get', '-r', relation, '-', unit) for unit in units]
        said = [bag for bag in bags if bag.get('master') or bag.get('standbys')]
        if not said or not all(is_complete(bag, wished, mine) for bag in said):
            continue
        masters = [bag['master'] for bag in said if bag.get('master')]
        standbys = [line for bag in said[:1] for line in bag.get('standbys', '').splitlines()]
        return (masters[0] if masters else ''), '\n'.join(standbys)
    return '', ''


def main() -> None:
    """Act on the event that Juju names."""
    event = os.environ['JUJU_DISPATCH_PATH'].rpartition('/')[2]
    if event in ('config-changed', 'db-relation-joined'):
        for relation in ask_juju('relation-ids', 'db'):
            wished = [f'{key}={ask_juju("config-get", key) or ""}' for key in WISHES]
            subprocess.run(['relation-set', '-r', relation, *wished], check=True)
    kept = Path('connections.json')
    if event == 'connections':
        master, standbys = json.loads(kept.read_text())
        subprocess.run(['action-set', f'master={master}', f'standbys={standbys}'], check=True)
        return
    found = ('', '') if event == 'db-relation-broken' else connections()
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(found))
    status = ['active'] if found[0] else ['waiting', 'no master']
    subprocess.run(['status-set', *status], check=True)


if __name__ == '__main__':
    sys.exit(main())
