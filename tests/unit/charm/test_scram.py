"""What the server keeps of a password."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm import scram

# PostgreSQL 15.18: CREATE ROLE x PASSWORD 'correct horse'.
RECORDED = (
    'SCRAM-SHA-256$4096:NHB2FEoOLGgW5ZaHVO0Gfw==$'
    'udlk7ZIPIdKEyXnolq3PzMrgFlsz+DEWPV+VXgrkCd4=:x9lKfCPkzFLtGmBeoCAv01cpCjkHinb6BYriTdCfbTA='
)


def test_verifier_is_the_one_that_postgresql_makes() -> None:
    salt = base64.b64decode(RECORDED.split('$')[1].partition(':')[2])

    assert scram.verifier('correct horse', salt=salt) == RECORDED
    assert scram.is_verifier_of(RECORDED, 'correct horse')


def test_another_password_is_told() -> None:
    assert not scram.is_verifier_of(RECORDED, 'correct house')


def test_same_password_is_kept_differently_each_time() -> None:
    assert scram.verifier('x', iterations=1) != scram.verifier('x', iterations=1)


@given(st.text(st.characters(max_codepoint=127)), st.binary(min_size=1, max_size=20))
def test_every_verifier_is_known_again(password: str, salt: bytes) -> None:
    kept = scram.verifier(password, salt=salt, iterations=2)

    assert scram.is_verifier_of(kept, password)


@pytest.mark.parametrize(
    'kept', ['', 'md5d41d8cd98f00b204e9800998ecf8427e', 'SCRAM-SHA-256$x:y$z:w', 'a$1:b$c']
)
def test_what_is_no_verifier_is_of_no_password(kept: str) -> None:
    assert not scram.is_verifier_of(kept, '')
