#!/usr/bin/env python3
"""The hooks and actions of a client of PostgreSQL; each one's name is a link to this file.

The seed's example, made to run: the README says what was mended. Every hook ends in the same
``reconcile``, which asks every relation for what the configuration wants and makes the list of
connections anew.

Source: seed, "Example client hooks".
"""

import json
import os
import site
import sys
from pathlib import Path

CHARM = Path(__file__).resolve().parent.parent


def enter_environment() -> None:
    """Make the charm's own requirements importable, however the charm was prepared.

    Juju starts a charm without ``dispatch`` as the plain script that it is, with the system's
    Python, and doesn't know what the script imports. So the script looks itself. Where ``venv``
    is a virtual environment its Python takes over (25 ms), so that nothing of the system's
    packages is mixed in. Where it is a flat folder of packages, as in a packed charm, it
    goes in front of the path; ``site`` also reads its ``.pth`` files, by which setuptools brings
    ``distutils`` back to Python 3.12.
    """
    venv = CHARM / 'venv'
    python = venv / 'bin' / 'python'
    if sys.prefix != sys.base_prefix:
        return  # The environment's Python runs us already.
    if python.exists():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 (a fixed program of ours)
    before, sys.path[:] = sys.path[:], []
    site.addsitedir(str(venv))
    sys.path += before


enter_environment()
sys.path.insert(0, str(CHARM / 'src'))

from charmhelpers.core import hookenv  # noqa: E402

import connections  # noqa: E402

ENDPOINTS = ('db', 'db-admin')
STORE = CHARM / 'connections.json'
RESULT_LIMIT = 100_000  # bytes; a result is an argument of action-set, and Linux allows 128 KiB

hooks = hookenv.Hooks()


@hooks.hook(
    'config-changed',
    'update-status',
    *(f'{end}-relation-{what}' for end in ENDPOINTS for what in ('joined', 'changed', 'broken')),
    *(f'{end}-relation-departed' for end in ENDPOINTS),
)
def reconcile():
    """Ask for what the configuration wants and use what the database's units offer."""
    settings = hookenv.config()
    wish = {name: settings.get(name) or '' for name in ('database', 'roles')}
    relations = [(end, id_) for end in ENDPOINTS for id_ in hookenv.relation_ids(end)]
    found = []
    for endpoint, relation in relations:
        hookenv.relation_set(relation, wish)
        bags = {unit: hookenv.relation_get(unit=unit, rid=relation) for unit in units(relation)}
        found += connections.choose(
            endpoint, relation, bags, me=hookenv.local_unit(), database=wish['database']
        )
    connections.save(STORE, found)
    if summary := connections.summary(found):
        hookenv.status_set('active', summary)
    elif relations:
        hookenv.status_set('waiting', 'waiting for the database')
    else:
        hookenv.status_set('blocked', 'no database: integrate db or db-admin with PostgreSQL')


def units(relation):
    """List the related units that stay (the seed: "explicitly filter the dying unit")."""
    leaving = hookenv.departing_unit()
    return [unit for unit in hookenv.related_units(relation) if unit != leaving]


@hooks.hook('query')
def query():
    """Run the action's statement over a connection of the wanted role."""
    import psycopg  # 0.2 s, for this action only

    params = hookenv.action_get()
    role = params.get('on') or 'master'
    connection = connections.pick(connections.load(STORE), role, params.get('endpoint'))
    if connection is None:
        hookenv.action_fail(f'cannot ask a {role}: there is none; see the status of this unit')
        return
    target = {'dbname': params['database']} if params.get('database') else {}
    try:
        with psycopg.connect(
            connection.conninfo, autocommit=True, connect_timeout=10, **target
        ) as session:
            cursor = session.execute(params['sql'].encode())
            columns = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall() if columns else []
    except psycopg.Error as error:
        hookenv.action_fail(f'cannot run the statement on {connection.unit}: {error}')
        return
    results = {
        'unit': connection.unit,
        'status': cursor.statusmessage or '',
        'columns': json.dumps(columns),
        'rows': json.dumps(rows, default=str),
    }
    size = len(results['rows'].encode())
    if size > RESULT_LIMIT:
        hookenv.action_fail(
            f'cannot return {size} bytes of rows: the limit is {RESULT_LIMIT}; select fewer'
        )
        return
    hookenv.action_set(results)


@hooks.hook('connections')
def list_connections():
    """Return the list as it is kept."""
    found = [vars(connection) for connection in connections.load(STORE)]
    hookenv.action_set({'connections': json.dumps(found)})


if __name__ == '__main__':
    hooks.execute(sys.argv)
