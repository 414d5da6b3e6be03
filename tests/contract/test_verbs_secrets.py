"""Secrets of an operator, from the outside. Source: contract 4.4."""

from __future__ import annotations

from pathlib import Path

import jubilant
import little_charm
import pytest
from conftest import Run
from in_model import InModel
from waiting import wait_for

NOTE = {'secret-changed': 'echo changed >> hooks.log'}


@pytest.fixture(scope='module')
def app(juju: jubilant.Juju, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An application whose unit notes every ``secret-changed``."""
    juju.deploy(little_charm.make(tmp_path_factory.mktemp('charm'), hooks=NOTE), 'app')
    juju.wait(jubilant.all_agents_idle, delay=0.2)
    return 'app'


@pytest.fixture
def run(juju: jubilant.Juju, solo: Run) -> InModel:
    return InModel(juju, solo)


def read(juju: jubilant.Juju, id: str, *flags: str) -> str:
    """What the unit gets for the key ``token``."""
    return juju.exec('secret-get', id, 'token', *flags, unit='app/0').stdout.strip()


def test_a_secret_is_read_once_it_is_granted_and_no_longer_when_revoked(
    juju: jubilant.Juju, app: str, run: InModel
):
    id = juju.add_secret('granted', {'token': 's3cret'}, info='For app.')

    with pytest.raises(jubilant.TaskError) as before:
        read(juju, id)
    juju.grant_secret('granted', app)
    granted = read(juju, id)
    run.out('revoke-secret', 'granted', app)
    with pytest.raises(jubilant.TaskError) as after:
        read(juju, id)

    assert granted == 's3cret'
    for refused in (before, after):
        assert 'permission denied' in refused.value.task.stderr


def test_a_new_revision_is_told_and_the_old_one_is_kept_until_refreshed(
    juju: jubilant.Juju, app: str, run: InModel
):
    """Contract 2.8 and 3.14; a grant alone fires nothing."""
    id = juju.add_secret('turning', {'token': 'one'})
    juju.grant_secret(id, app)
    read(juju, id)
    juju.update_secret('turning', {'token': 'one'})  # the same again is no revision
    juju.update_secret('turning', {'token': 'two'})
    wait_for(lambda: 'changed' in juju.exec('cat hooks.log || true', unit='app/0').stdout)

    assert read(juju, id) == 'one'
    assert read(juju, id, '--peek') == 'two'
    assert read(juju, id, '--refresh') == 'two'
    shown = juju.show_secret('turning', revisions=True)
    assert [each.revision for each in shown.revisions or ()] == [1, 2]
    assert juju.exec('cat hooks.log', unit='app/0').stdout == 'changed\n'


def test_unread_revisions_are_pruned_on_demand(juju: jubilant.Juju, app: str):
    id = juju.add_secret('pruned', {'token': 'one'})
    juju.grant_secret(id, app)
    read(juju, id)

    juju.update_secret(id, {'token': 'two'}, auto_prune=True)
    kept = juju.show_secret(id, revisions=True).revisions or ()
    read(juju, id, '--refresh')
    pruned = juju.show_secret(id, revisions=True).revisions or ()

    assert [each.revision for each in kept] == [1, 2]
    assert [each.revision for each in pruned] == [2]


def test_secrets_are_shown_without_what_they_hold_unless_asked(
    juju: jubilant.Juju, app: str, run: InModel
):
    id = juju.add_secret('shown', {'token': 'hidden', 'user-name': 'me'}, info='Some words.')
    juju.grant_secret(id, app)

    (listed,) = [secret for secret in juju.secrets() if secret.name == 'shown']
    table = run.out('secrets')
    plain = run.out('show-secret', 'shown')
    revealed = juju.show_secret('shown', reveal=True)
    entry = run.json('show-secret', 'shown', '--reveal')[listed.uri.unique_identifier]

    assert str(id) == f'secret:{listed.uri.unique_identifier}'
    assert (listed.owner, listed.revision, listed.description) == ('<model>', 1, 'Some words.')
    assert table.split()[:6] == ['ID', 'Name', 'Owner', 'Rotation', 'Revision', 'Last']
    assert 'hidden' not in table + plain
    assert revealed.content == {'token': 'hidden', 'user-name': 'me'}
    assert entry['access'][0]['target'] == 'application-app'
    assert entry['access'][0]['role'] == 'view'


def test_a_charms_secret_is_listed_under_its_owner(juju: jubilant.Juju, app: str, run: InModel):
    juju.exec('secret-add', '--label', 'own', 'token=x', unit='app/0')

    (mine,) = juju.secrets(owner='application-app')

    assert (mine.owner, mine.label, mine.name) == ('app', 'own', None)
    assert 'permission denied' in run.error('remove-secret', mine.uri)


def test_content_comes_from_files_and_base64(juju: jubilant.Juju, run: InModel, tmp_path: Path):
    (tmp_path / 'key.pem').write_text('-----BEGIN\nline\n')
    (tmp_path / 'content.yaml').write_text('port-number: 0080\ntoken: from-file\n')

    run.out(
        *('add-secret', 'sources', 'token=from-line', 'encoded#base64=aGVsbG8='),
        *(f'cert#file={tmp_path}/key.pem', '--file', str(tmp_path / 'content.yaml')),
    )

    assert juju.show_secret('sources', reveal=True).content == {
        'token': 'from-line',
        'encoded': 'hello',
        'cert': '-----BEGIN\nline\n',
        'port-number': '0080',
    }


def test_secrets_are_renamed_and_removed(juju: jubilant.Juju, run: InModel):
    juju.add_secret('first', {'token': 'x'})
    juju.update_secret('first', {'token': 'y'}, name='second')

    juju.remove_secret('second', revision=1)
    left = juju.show_secret('second', revisions=True).revisions or ()
    juju.remove_secret('second')

    assert [each.revision for each in left] == [2]
    assert run.error('show-secret', 'second') == 'ERROR secret "second" not found (not found)\n'


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (('add-secret',), 'missing secret name'),
        (('add-secret', 'x'), 'missing secret value or filename'),
        (('add-secret', 'x', 'ab=1'), 'key "ab" not valid'),
        (('add-secret', 'x', 'token'), 'expected "key=value", got "token"'),
        (('update-secret', 'x'), 'must specify a new value or metadata to update the secret'),
        (('grant-secret', 'x'), 'missing application name'),
        (('grant-secret', 'nope', 'app'), 'secret "nope" not found'),
        (('show-secret', 'nope'), 'secret "nope" not found'),
        (('remove-secret',), 'missing secret URI'),
    ],
)
def test_what_is_wrong_is_said(run: InModel, app: str, words: tuple[str, ...], message: str):
    assert message in run.error(*words)


def test_a_name_is_taken_once_and_grants_need_an_application(juju: jubilant.Juju, run: InModel):
    juju.add_secret('taken', {'token': 'x'})

    assert 'secret with name "taken" already exists' in run.error('add-secret', 'taken', 'token=y')
    assert 'application "nobody" not found' in run.error('grant-secret', 'taken', 'nobody')
