"""Names of clients, whatever they are called and whatever they ask for."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgcharm.clients import names, passwords


def test_users_are_named_after_the_application() -> None:
    assert names.user('python-django', admin=False) == 'juju_python-django'
    assert names.user('python-django', admin=True) == 'jujuadmin_python-django'


@given(st.text(st.characters(exclude_categories=['Cs']), min_size=1, max_size=90), st.booleans())
@example('é' * 40, True)
def test_names_fit_and_are_told_from_those_of_others(text: str, admin: bool) -> None:
    user, owner = names.user(text, admin=admin), names.owner(text)

    assert len(user.encode()) <= 63
    assert len(owner.encode()) <= 63
    assert names.is_user(user)
    assert not names.is_user(owner)
    assert names.role_fault(user)
    assert names.role_fault(owner)


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert names.user('a' * 80, admin=False) != names.user('a' * 81, admin=False)


@pytest.mark.parametrize(
    ('name', 'reason'),
    [
        ('', 'empty'),
        (' ', 'empty'),
        ('postgres', 'reserved'),
        ('Template1', 'reserved'),
        ('pg_catalog', 'reserved'),
        ('all', 'reserved'),
        ('sameuser', 'reserved'),
        ('replication', 'reserved'),
        ('a\0b', 'printed'),
        ('a\nhost all all all trust', 'printed'),
        ('\ud800', 'printed'),
        ('x' * 64, '63 bytes'),
        ('é' * 32, '63 bytes'),
        ('/.*', 'begins with "/"'),
        ('+admins', 'begins with "+"'),
        ('@/etc/passwd', 'begins with "@"'),
    ],
)
def test_database_names_that_are_refused(name: str, reason: str) -> None:
    assert reason in names.database_fault(name)


@pytest.mark.parametrize('name', ['shop', 'x' * 63, 'My "shop"; DROP TABLE', 'données', "o'clock"])
def test_database_names_that_are_taken_as_they_are(name: str) -> None:
    assert not names.database_fault(name)


@pytest.mark.parametrize(
    'name', ['postgres', 'operator', 'pg_read_all_data', 'juju_other', 'jujuowner_x', 'PUBLIC']
)
def test_roles_that_are_somebody_else_s_are_refused(name: str) -> None:
    assert names.role_fault(name)


@given(st.text())
def test_every_name_has_an_answer(text: str) -> None:
    for fault in (names.database_fault(text), names.role_fault(text)):
        assert not fault or fault.isprintable()


@given(st.text(max_size=20))
def test_password_is_the_same_on_every_unit_and_needs_no_escape(user: str) -> None:
    user = ascii(user)

    made = passwords.derive('secret', user)

    assert made == passwords.derive('secret', user)
    assert made != passwords.derive('secret', f'{user}_2')
    assert made != passwords.derive('other', user)
    assert len(made) == 32
    assert made.replace('-', '').replace('_', '').isalnum()


def test_rotations_are_counted_and_nonsense_is_none() -> None:
    once = passwords.rotate('', ('juju_web',), 7.0)
    twice = passwords.rotate(once, ('juju_web', 'juju_cron'), 8.0)

    assert passwords.read_rotations(once) == {'juju_web': (2, 7.0)}
    assert passwords.read_rotations(twice) == {'juju_web': (3, 8.0), 'juju_cron': (2, 8.0)}
    for broken in ('{', '[]', '{"a": 1}', '{"a": [1]}', '{"a": ["x", 1]}'):
        assert passwords.read_rotations(broken) == {}


def test_user_of_another_generation_is_nobody_else_s() -> None:
    assert names.user('web', admin=False, generation=2) == 'juju_web_2'
    long = [names.user('a' * 80, admin=False, generation=number) for number in (1, 2, 3)]
    assert len(set(long)) == 3
    assert all(len(name) <= 63 for name in long)
