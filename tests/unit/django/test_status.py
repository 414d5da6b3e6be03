"""What python-django's status says."""

from __future__ import annotations

import pytest

from djangocharm import database, site, status

MASTER = database.Server('pg/0', 'master', 'h', '1', 'u', 'p', 'd')
STANDBY = database.Server('pg/1', 'standby', 'h', '1', 'u', 'p', 'd')
WELL = site.Seen('', 'read-write', '', ())


@pytest.mark.parametrize(
    ('view', 'name', 'message'),
    [
        ({'faults': ('site-port: 0 is not a port',)}, 'blocked', 'option site-port: 0 is'),
        ({'broken': 'migrations failed: X'}, 'blocked', 'migrations failed: X'),
        ({'has_database': False}, 'blocked', 'no database: integrate'),
        ({'has_server': False}, 'blocked', 'no server: integrate this with gunicorn'),
        ({'has_secret': False}, 'waiting', 'waiting for the leader to make the secret key'),
        ({'servers': ()}, 'waiting', 'waiting for the database'),
        ({'servers': (), 'states': ('failover', 'master')}, 'waiting', 'failover: no master'),
        ({'seen': site.Seen('', 'none', 'refused', ())}, 'waiting', 'does not answer: refused'),
        ({'seen': site.Seen('', 'read-only', '', ())}, 'waiting', 'no master: reading from pg/0'),
        (
            {'seen': site.Seen('', 'read-write', '', ('a.1',)), 'is_leader': False},
            'waiting',
            'waiting for the leader to migrate',
        ),
        ({'is_served': False}, 'waiting', 'waiting for gunicorn to serve port 8080'),
        ({}, 'active', 'port 8080, master pg/0'),
        ({'servers': (MASTER, STANDBY)}, 'active', 'port 8080, master pg/0, 1 standby'),
        ({'servers': (STANDBY, STANDBY)}, 'active', 'port 8080, a new master, 2 standbys'),
    ],
)
def test_the_status_says_what_an_operator_must_know(
    view: dict[str, object], name: str, message: str
):
    found = status.decide(status.View(**{'servers': (MASTER,), 'seen': WELL, **view}))  # pyright: ignore[reportArgumentType] - a test's table

    assert found.name == name
    assert message in found.message


def test_the_master_is_the_unit_that_writes_go_to_whatever_a_dead_one_says():
    dead = database.Server('pg/0', 'master', '10.0.0.1', '5432', 'u', 'p', 'd')
    promoted = database.Server('pg/2', 'master', '10.0.0.3', '5432', 'u', 'p', 'd')
    seen = site.Seen('', 'read-write', '', (), '10.0.0.3:5432')

    found = status.decide(status.View(servers=(dead, promoted), seen=seen))

    assert found.message == 'port 8080, master pg/2'
