"""The cluster as one table, from three sources that may each be silent."""

from __future__ import annotations

import json

from pgcharm import actions, cluster, consensus, database, membership, overview

MEMBERS = (
    cluster.Member('pg-0', 'leader', 'running', '10.0.0.1', 5432, 3, None),
    cluster.Member('pg-1', 'sync_standby', 'streaming', '10.0.0.2', 5432, 3, 0),
)
ETCD = consensus.View(
    (
        membership.Member('1', 'pg-0', 'p0', 'c0'),
        membership.Member('2', 'pg-1', 'p1', 'c1', is_learner=True),
        membership.Member('3', 'witness.pg-0', 'p2', 'c2'),
        membership.Member('4', '', 'p3', ''),
    ),
    '3',
)
REPLICAS = {'pg-1': database.Replica('sync', 0.25)}


def test_row_has_what_each_source_knows() -> None:
    primary, standby, witness = overview.rows(MEMBERS, REPLICAS, ETCD)

    assert primary == overview.Row(
        'pg/0', 'leader', 'running', 3, etcd='voter', host='10.0.0.1:5432'
    )
    assert standby == overview.Row(
        'pg/1', 'sync_standby', 'streaming', 3, 0, 0.25, 'sync', 'learner', '10.0.0.2:5432'
    )
    assert witness == overview.Row('witness.pg-0', 'witness', '', etcd='leader')


def test_silent_sources_leave_gaps() -> None:
    found = overview.rows(MEMBERS, {}, None)

    assert [row.sync_state + row.etcd for row in found] == ['', '']
    assert [row.lag_seconds for row in found] == [None, None]


def test_table_and_json_say_the_same() -> None:
    found = overview.rows(MEMBERS, REPLICAS, ETCD)

    shown = actions.table(overview.cells(found)).splitlines()
    told = json.loads(overview.to_json(found))
    assert shown[0].split() == (
        ['unit', 'role', 'state', 'timeline', 'lag', 'seconds', 'sync', 'etcd', 'host', 'note']
    )
    assert shown[2].split()[4:8] == ['0', '0.2', 'sync', 'learner']
    assert told[1]['lag_seconds'] == 0.25 and told[1]['etcd'] == 'learner'
    assert told[0]['lag_bytes'] is None
