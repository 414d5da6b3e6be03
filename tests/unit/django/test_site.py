"""What goes around a project: its databases follow the facts while it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest
from django import db
from django.conf import settings

from juju_site import databases, facts

Put = Callable[..., None]
SQLITE: dict[str, Any] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Write the facts, as a hook does: a new file each time."""
    path = tmp_path / 'site.json'

    def write(**aliases: dict[str, Any]) -> None:
        fresh = path.with_suffix('.new')
        content: dict[str, Any] = {'unit': 'site/0', 'allowed_hosts': [], 'databases': aliases}
        fresh.write_text(json.dumps(content))
        os.utime(fresh, ns=(0, len(aliases)))
        fresh.replace(path)

    monkeypatch.setenv(facts.VARIABLE, str(path))
    if not settings.configured:
        settings.configure(DATABASES={'default': {}})
        django.setup()
    write()
    databases.begin_request()
    return write


def test_a_database_that_comes_is_used_at_the_next_request(put: Put):
    assert not databases.has_master()

    put(default=SQLITE)
    databases.begin_request()

    assert databases.has_master()
    assert db.connections['default'].vendor == 'sqlite'


def test_a_database_that_goes_is_used_no_more(put: Put):
    put(default=SQLITE)
    databases.begin_request()
    assert databases.has_master()

    put()
    databases.begin_request()

    assert not databases.has_master()
    assert db.connections['default'].vendor == 'unknown'


def test_reads_go_to_a_standby_only_while_there_is_no_master(put: Put):
    nowhere = {**SQLITE, 'NAME': '/no/such/folder/database'}
    put(default=nowhere, standby=SQLITE)
    databases.begin_request()
    assert databases.Router().db_for_read() == 'standby'
    assert databases.Router().db_for_write() == 'default'

    put(default=SQLITE)
    databases.begin_request()

    assert databases.Router().db_for_read() == 'default'


def test_a_request_that_wrote_reads_what_it_wrote(put: Put):
    put(default={**SQLITE, 'NAME': '/no/such/folder/database'}, standby=SQLITE)
    databases.begin_request()

    databases.Router().db_for_write()

    assert databases.Router().db_for_read() == 'default'


def test_only_the_master_is_migrated():
    assert databases.Router().allow_migrate('default', 'auth')
    assert not databases.Router().allow_migrate('standby', 'auth')
