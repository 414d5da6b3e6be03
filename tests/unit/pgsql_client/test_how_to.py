"""The client charm that docs/how-to/write-a-client-charm.md shows does what the text says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import documents
import ops
import pytest
from ops import testing
from unit.pgsql_client.hook_commands import bag

HOW_TO = Path(__file__).resolve().parents[3] / 'docs' / 'how-to' / 'write-a-client-charm.md'


@pytest.fixture(scope='module')
def charm() -> type[ops.CharmBase]:
    (program,) = documents.blocks(HOW_TO.read_text(), 'python')
    names: dict[str, Any] = {}
    exec(compile(f'from __future__ import annotations\n{program}', HOW_TO, 'exec'), names)
    return names['AppCharm']


def status(charm: type[ops.CharmBase], *bags: dict[str, str]) -> tuple[str, str]:
    context = testing.Context(charm, meta={'name': 'app', 'requires': {'db': {'interface': 'x'}}})
    remote = dict(enumerate(bags))
    relation = testing.Relation('db', remote_app_name='pg', remote_units_data=remote)
    changed = context.on.relation_changed(relation, remote_unit=0)

    found = context.run(changed, testing.State(relations=[relation])).unit_status
    return found.name, found.message


def test_it_asks_for_its_database(charm: type[ops.CharmBase]):
    context = testing.Context(charm, meta={'name': 'app', 'requires': {'db': {'interface': 'x'}}})
    relation = testing.Relation('db')

    out = context.run(context.on.relation_created(relation), testing.State(relations=[relation]))

    assert out.get_relation(relation.id).local_unit_data['database'] == 'reports'


def test_it_uses_the_master_and_its_standbys(charm: type[ops.CharmBase]):
    found = status(charm, bag('master'), bag('hot standby'), {'state': 'standalone'})

    assert found == ('active', 'standbys: 1')


@pytest.mark.parametrize(
    'bags',
    [
        [{'state': 'standalone'}],
        [bag('standalone', database='app')],
        [bag('standalone', **{'allowed-units': 'app/10'})],
        [bag('standalone'), {'state': 'standalone'}],
        [bag('failover'), bag('failover')],
    ],
)
def test_it_waits_while_it_may_not_write(charm: type[ops.CharmBase], bags: list[dict[str, str]]):
    assert status(charm, *bags) == (
        'waiting',
        'waiting for the database',
    )
