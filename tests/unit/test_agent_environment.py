"""What each kind of context adds to the environment (contract 1.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hook_api import UNIT

from solo import model
from solo.agent import environment, places


def test_a_departed_hook_knows_who_departs():
    hook = model.Hook(
        'relation-departed',
        endpoint='db',
        relation=3,
        remote_app='pg',
        remote_unit='pg/0',
        departing_unit='app/0',
    )

    assert environment.of_hook(hook, None) == {
        'JUJU_HOOK_NAME': 'db-relation-departed',
        'JUJU_DISPATCH_PATH': 'hooks/db-relation-departed',
        'JUJU_RELATION': 'db',
        'JUJU_RELATION_ID': 'db:3',
        'JUJU_REMOTE_UNIT': 'pg/0',
        'JUJU_REMOTE_APP': 'pg',
        'JUJU_DEPARTING_UNIT': 'app/0',
    }


def test_the_remote_unit_is_set_but_empty_where_there_is_none():
    hook = model.Hook('relation-broken', endpoint='db', relation=3, remote_app='pg')

    added = environment.of_hook(hook, None)

    assert (added['JUJU_REMOTE_UNIT'], added['JUJU_REMOTE_APP']) == ('', 'pg')
    assert 'JUJU_DEPARTING_UNIT' not in added


def test_a_storage_hook_knows_its_storage():
    view = model.StorageView('data/0', 'filesystem', '/srv', model.Life.ALIVE, attached=True)

    added = environment.of_hook(model.Hook('storage-attached', storage='data/0'), view)

    assert added == {
        'JUJU_HOOK_NAME': 'data-storage-attached',
        'JUJU_DISPATCH_PATH': 'hooks/data-storage-attached',
        'JUJU_STORAGE_ID': 'data/0',
        'JUJU_STORAGE_LOCATION': '/srv',
        'JUJU_STORAGE_KIND': 'filesystem',
    }


@pytest.mark.parametrize(
    ('kind', 'has_revision'),
    [
        ('secret-changed', False),
        ('secret-rotate', False),
        ('secret-expired', True),
        ('secret-remove', True),
    ],
)
def test_only_some_secret_hooks_know_a_revision(kind: str, has_revision: bool):
    hook = model.Hook(kind, secret='x' * 20, secret_label='l', secret_revision=2)

    added = environment.of_hook(hook, None)

    assert added['JUJU_SECRET_ID'] == f'secret:{"x" * 20}'
    assert added['JUJU_SECRET_LABEL'] == 'l'
    assert ('JUJU_SECRET_REVISION' in added) is has_revision


def test_an_action_has_a_path_but_no_hook_name():
    """Row 25."""
    place = places.of(Path('/d'), UNIT)
    task = model.Task(7, 6, 'app/0', 'do-it', {}, 'pending')

    whole = {**environment.base(UNIT, place, 'c'), **environment.of_action(task)}

    assert whole['JUJU_HOOK_NAME'] == ''
    assert whole['JUJU_DISPATCH_PATH'] == 'actions/do-it'
    assert (whole['JUJU_ACTION_UUID'], whole['JUJU_ACTION_TAG']) == ('7', 'action-7')


def test_an_exec_has_no_path_to_dispatch_to():
    task = model.Task(7, 6, 'app/0', 'juju-exec', {}, 'pending')

    assert 'JUJU_DISPATCH_PATH' not in environment.of_action(task)


def test_sockets_have_short_names_and_files_lie_below_the_machine():
    place = places.of(Path('/d'), UNIT)

    assert str(place.hook_socket) == '/d/run/1.sock'
    assert str(place.charm) == '/d/machines/default/0/agents/unit-app-0/charm'
    assert str(place.tools) == '/d/machines/default/0/tools/unit-app-0'
