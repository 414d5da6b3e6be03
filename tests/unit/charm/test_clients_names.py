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


@given(st.text(max_size=20), st.integers(1, 3))
def test_password_is_the_same_on_every_unit_and_needs_no_escape(
    user: str, generation: int
) -> None:
    user = ascii(user)

    made = passwords.derive('secret', user, generation)

    assert made == passwords.derive('secret', user, generation)
    assert made != passwords.derive('secret', user, generation + 1)
    assert made != passwords.derive('other', user, generation)
    assert len(made) == 32
    assert made.replace('-', '').replace('_', '').isalnum()
