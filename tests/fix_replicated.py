"""An application ``pg-a`` and a client of it, and a writer that counts: fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import writers
from conftest import Run
from replicated import LONG, MODEL, Cluster
from waiting import wait_for


@pytest.fixture(scope='module')
def cluster(
    solo: Run, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Cluster]:
    assert solo('add-model', MODEL, '--no-switch').returncode == 0
    cluster = Cluster(solo, tmp_path_factory.mktemp('writers'))
    failed_before = request.session.testsfailed
    try:
        cluster.do('deploy', 'postgresql', 'pg-a', '--config', 'profile=testing')
        cluster.do('deploy', 'pgsql-client', 'app')
        cluster.do('integrate', 'app:db', 'pg-a:db')
        # A unit that is not set up yet says the same to its clients, and nothing else.
        wait_for(lambda: cluster.messages() == {'pg-a/0': 'standalone'}, timeout=LONG)
        wait_for(lambda: cluster.states() == {'pg-a/0': 'standalone'}, timeout=LONG)
        wait_for(lambda: _made_table(cluster), timeout=LONG, catch=(psycopg.OperationalError,))
        yield cluster
    finally:
        if request.session.testsfailed > failed_before:
            print(solo('debug-log', '-m', MODEL, '--replay', '--no-tail').stdout)
        solo('destroy-model', MODEL, '--no-prompt', '--destroy-storage', '--force')


def _made_table(cluster: Cluster) -> bool:
    with psycopg.connect(cluster.conninfo()) as connection:
        connection.execute(writers.TABLE)
    return True


@pytest.fixture
def judged(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[writers.Writer]:
    """A writer during the test; afterwards nothing that it was promised may be missing."""
    name = request.node.name.split('[')[0]
    with writers.writing(cluster.conninfo(), name, cluster.folder) as writer:
        wait_for(writer.acknowledged, timeout=LONG)
        yield writer
        seen = len(writer.acknowledged())
        wait_for(lambda: len(writer.acknowledged()) > seen, timeout=LONG)
    acknowledged = writer.acknowledged()
    missing = writers.missing(acknowledged, writers.rows(cluster.conninfo()))
    assert missing == []
    assert writers.together(acknowledged) == []
    print(f'{name}: {len(acknowledged)} rows, {writers.longest_gap(acknowledged)}')
