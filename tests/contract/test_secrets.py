"""Secrets between applications and over time. Source: contract 3.14, 2.8."""

from __future__ import annotations

import json
import re

import pytest
from contract_model import Model


@pytest.fixture(scope='module')
def related(shared: Model) -> Model:
    """``a/0`` owns, ``b/0`` and ``b/1`` read over relation client:2."""
    shared.deploy('a')
    shared.deploy('b', '-n', '2')
    shared.juju('integrate', 'a:server', 'b:client')
    shared.started('a/0', 'b/0', 'b/1')
    for unit in ('b/0', 'b/1'):
        shared.wait_hook(unit, 'client-relation-changed a/0')
        shared.wait_hook('a/0', f'server-relation-changed {unit}')
    shared.settle()
    return shared


def _add(model: Model, *flags: str, unit: str = 'a/0') -> str:
    return model.tool(unit, f'secret-add {" ".join(flags)} password=one').strip()


def _granted(model: Model, *flags: str) -> str:
    uri = _add(model, *flags)
    model.tool('a/0', f'secret-grant {uri} -r $(relation-ids server)')
    return uri


def _told(model: Model, unit: str, hook: str, uri: str) -> list[str]:
    """Return the revisions that the hooks of this secret were told."""
    return [
        each.env.get('JUJU_SECRET_REVISION', '')
        for each in model.trace(unit)
        if each.name == hook and each.env['JUJU_SECRET_ID'] == uri
    ]


def test_secret_add_prints_a_uri_and_secret_ids_bare_ids(related: Model):
    """Row 32."""
    uri = _add(related)

    assert re.match(r'^secret:[0-9a-z]{20}$', uri)
    assert uri.removeprefix('secret:') in related.tool('a/0', 'secret-ids').split()


def test_the_owner_keeps_its_revision_until_it_refreshes(related: Model):
    """Row 33."""
    uri = _add(related)
    related.tool('a/0', f'secret-get {uri}')

    said = related.tool('a/0', f'secret-set {uri} password=two; secret-get {uri} password')
    plain = related.tool('a/0', f'secret-get {uri} password')
    peeked = related.tool('a/0', f'secret-get {uri} password --peek; secret-get {uri} password')
    moved = related.tool('a/0', f'secret-get {uri} password --refresh; secret-get {uri} password')

    assert said == plain == 'one\n'
    assert peeked == 'two\none\n'
    assert moved == 'two\ntwo\n'


def test_the_same_content_makes_no_revision_and_several_sets_one(related: Model):
    """Row 34."""
    uri = _add(related)
    related.tool('a/0', f'secret-set {uri} password=one')
    same = json.loads(related.tool('a/0', f'secret-info-get {uri} --format=json'))
    related.tool('a/0', f'secret-set {uri} password=two; secret-set {uri} password=three')
    after = json.loads(related.tool('a/0', f'secret-info-get {uri} --format=json'))

    bare = uri.removeprefix('secret:')
    assert same[bare]['revision'] == 1
    assert after[bare]['revision'] == 2
    assert related.tool('a/0', f'secret-get {uri} password --peek') == 'three\n'


def test_secret_changed_goes_only_to_units_that_read_it(related: Model):
    """Row 35: a grant alone tells nobody."""
    uri = _granted(related)
    related.tool('b/0', f'secret-get {uri}')

    related.tool('a/0', f'secret-set {uri} password=two')
    related.wait(lambda: _told(related, 'b/0', 'secret-changed', uri))
    related.settle()

    related.tool('b/1', 'true')  # it looks at its world before it runs this
    assert _told(related, 'b/0', 'secret-changed', uri) == ['']
    assert _told(related, 'b/1', 'secret-changed', uri) == []
    assert related.tool('b/0', f'secret-get {uri} password') == 'one\n'
    assert related.tool('b/0', f'secret-get {uri} password --refresh') == 'two\n'


def test_a_revision_that_nobody_follows_is_offered_for_removal(related: Model):
    """Contract 2.8: ``secret-remove`` with its revision, to the owner; then it can go."""
    uri = _granted(related, '--label', 'offered')
    related.tool('b/0', f'secret-get {uri}')
    related.tool('a/0', f'secret-set {uri} password=two')
    related.wait(lambda: _told(related, 'b/0', 'secret-changed', uri))
    related.settle()
    before = _told(related, 'a/0', 'secret-remove', uri)

    related.tool('b/0', f'secret-get {uri} --refresh')
    related.wait(lambda: _told(related, 'a/0', 'secret-remove', uri))
    related.tool('a/0', f'secret-remove {uri} --revision 1')
    related.settle()

    assert before == []
    assert _told(related, 'a/0', 'secret-remove', uri) == ['1']
    assert related.tool('b/0', f'secret-get {uri} password') == 'two\n'


def test_secrets_are_closed_to_whom_they_were_not_granted(related: Model):
    """Contract 3.14: until granted, after a revoke, and after a removal."""
    uri = _add(related)
    before = related.exec('b/0', f'secret-get {uri}')
    related.tool('a/0', f'secret-grant {uri} -r server:2 --unit b/0')
    granted = related.tool('b/0', f'secret-get {uri} password')
    other = related.exec('b/1', f'secret-get {uri}')
    foreign = related.exec('a/0', f'secret-grant {uri} -r server:2 --unit a/0')
    bare = related.exec('a/0', f'secret-grant {uri}')
    related.tool('a/0', f'secret-revoke {uri} --unit b/0')
    revoked = related.exec('b/0', f'secret-get {uri}')
    related.tool('a/0', f'secret-grant {uri} -r server:2')
    all_of_them = related.tool('b/1', f'secret-get {uri} password')
    related.tool('a/0', f'secret-revoke {uri} -r server:2')
    ended = related.exec('b/1', f'secret-get {uri}')
    nothing = related.exec('a/0', f'secret-revoke {uri}')
    related.tool('a/0', f'secret-remove {uri}')
    removed = related.exec('a/0', f'secret-get {uri}')

    for refused in (before, other, revoked, ended):
        assert (refused.code, refused.err) == (1, 'ERROR permission denied\n')
    assert granted == all_of_them == 'one\n'
    assert foreign.code == 1
    assert (bare.code, bare.err) == (2, 'ERROR no relation id specified\n')
    assert (nothing.code, nothing.err) == (2, 'ERROR missing relation or application or unit\n')
    assert removed.code == 1
    assert 'not found' in removed.err


def test_labels_are_the_owners_and_each_readers_own(related: Model):
    """Contract 3.14: a taken label is refused; an owner's ``--label`` renames the secret."""
    uri = _granted(related, '--label', 'mine')
    related.tool('b/0', f'secret-get {uri} --label theirs')
    taken = related.exec('a/0', 'secret-add --label mine password=x')
    unknown = related.exec('b/1', 'secret-get --label theirs')
    by_label = related.tool('a/0', 'secret-info-get --label mine --format=json')
    related.tool('a/0', f'secret-get {uri} --label renamed')

    assert related.tool('b/0', 'secret-get --label theirs') == 'password: one\n'
    assert (taken.code, 'secret with label "mine" already exists' in taken.err) == (1, True)
    assert (unknown.code, 'not found' in unknown.err) == (1, True)
    assert json.loads(by_label)[uri.removeprefix('secret:')]['owner'] == 'application'
    assert related.tool('a/0', 'secret-get --label renamed') == 'password: one\n'
    related.tool('a/0', f'secret-set {uri} password=two')
    related.wait(lambda: _told(related, 'b/0', 'secret-changed', uri))
    hook = [each for each in related.trace('b/0') if each.name == 'secret-changed'][-1]
    assert hook.env['JUJU_SECRET_LABEL'] == 'theirs'


def test_a_peer_reads_its_applications_secret_and_cannot_change_it(related: Model):
    """Contract 3.14."""
    leader = next(name for name in ('b/0', 'b/1') if related.units()[name].get('leader'))
    other = 'b/1' if leader == 'b/0' else 'b/0'
    uri = _add(related, '--label', 'ours', unit=leader)
    own = _add(related, '--owner', 'unit', unit=other)

    assert related.tool(other, f'secret-get {uri} password') == 'one\n'
    assert related.tool(other, 'secret-get --label ours') == 'password: one\n'
    assert related.exec(other, f'secret-set {uri} password=x').err == 'ERROR permission denied\n'
    assert related.exec(leader, f'secret-get {own}').err == 'ERROR permission denied\n'
    assert related.tool(other, 'secret-ids').split() == [own.removeprefix('secret:')]


def test_a_grant_dies_with_its_relation(model: Model):
    """Contract 3.14."""
    model.deploy('a')
    model.deploy('b')
    model.juju('integrate', 'a:server', 'b:client')
    model.wait_hook('b/0', 'client-relation-changed a/0')
    model.settle()
    uri = _granted(model)
    before = model.tool('b/0', f'secret-get {uri} password')

    model.juju('remove-relation', 'a', 'b')
    for unit, hook in (('a/0', 'server'), ('b/0', 'client')):
        model.wait_hook(unit, f'{hook}-relation-broken')
    model.settle()

    assert before == 'one\n'
    model.wait(lambda: model.exec('b/0', f'secret-get {uri}').err == 'ERROR permission denied\n')


def test_an_id_and_its_grant_appear_together(model: Model):
    """Contract 3.14: both are true when the hook has succeeded."""
    offer = (
        'uri=$(secret-add password=one); secret-grant $uri -r $JUJU_RELATION_ID;'
        ' relation-set --app uri=$uri'
    )
    read = 'secret-get $(relation-get --app uri a) password >> $SAID'
    model.deploy('a', on={'server-relation-created': offer})
    model.deploy('b', on={'client-relation-changed': read})

    model.juju('integrate', 'a:server', 'b:client')
    model.wait_hook('b/0', 'client-relation-changed a/0')
    model.settle()

    assert set(model.said()) == {'one'}


def test_a_secret_expires_once_and_its_owner_is_told(related: Model):
    """Contract 2.8."""
    uri = _add(related, '--expire', '3s', '--rotate', 'daily')

    related.wait(lambda: _told(related, 'a/0', 'secret-expired', uri))
    related.settle()

    assert _told(related, 'a/0', 'secret-expired', uri) == ['1']
    info = json.loads(related.tool('a/0', f'secret-info-get {uri} --format=json'))
    assert info[uri.removeprefix('secret:')]['rotation'] == 'daily'
    assert info[uri.removeprefix('secret:')]['rotates']


def test_a_time_in_the_past_expires_a_secret_at_once_and_a_negative_duration_is_none(
    related: Model,
):
    """Contract 3.14; ops' own tests for Juju 3.6 expire secrets in 2020."""
    uri = _add(related, '--expire', '2020-01-01T00:00:00')
    negative = related.exec('a/0', 'secret-add --expire -1h password=one')

    related.wait(lambda: _told(related, 'a/0', 'secret-expired', uri))
    assert (negative.code, negative.err) == (
        2,
        'ERROR negative expire duration "-1h" not valid\n',
    )


def test_a_new_revision_is_counted_when_the_hook_has_succeeded(related: Model):
    """Contract 3.0: its content can be read before, by ``--refresh``."""
    info = 'secret-info-get {} --format=json | grep -o \'"revision":.\''
    made = related.tool('a/0', f'u=$(secret-add password=one); echo $u; {info.format("$u")}')
    uri, first = made.split()

    said = related.tool(
        'a/0',
        f'secret-set {uri} password=two; {info.format(uri)}; secret-get {uri} password --refresh',
    )

    assert first == '"revision":1'
    assert said.split() == ['"revision":1', 'two']
    assert related.tool('a/0', info.format(uri)).strip() == '"revision":2'


def test_a_secret_may_come_and_go_in_one_hook(related: Model):
    """As ops' suite has it: add, set, remove a revision, remove the whole."""
    made = related.tool(
        'a/0',
        'u=$(secret-add --label brief password=one); secret-set $u password=two;'
        ' secret-remove $u --revision 1; secret-remove $u; secret-ids; echo $u',
    ).split()[-1]
    kept = _add(related)
    related.tool('a/0', f'secret-set {kept} password=two; secret-remove {kept} --revision 1')
    related.tool('a/0', f'secret-set {kept} password=three; secret-remove {kept}')

    for gone in (made, kept):
        assert 'not found' in related.exec('a/0', f'secret-get {gone}').err


def test_content_comes_from_files_and_base64(related: Model):
    """Contract 3.14."""
    uri = related.tool(
        'a/0',
        'echo -n from-file > content; secret-add coded#base64=aGk= filed#file=content;',
    ).strip()

    assert related.tool('a/0', f'secret-get {uri} coded') == 'hi\n'
    assert related.tool('a/0', f'secret-get {uri} filed') == 'from-file\n'
    assert related.tool('a/0', f'secret-get {uri} coded#base64') == 'aGk=\n'
    assert related.exec('a/0', f'secret-get {uri} --peek --refresh').code == 2
