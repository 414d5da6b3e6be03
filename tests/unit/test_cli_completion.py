"""Tests of the completion scripts, the reference and the doctor's report."""

from __future__ import annotations

import pytest

from solo.cli import completion, docs, doctor, status_text, table


@pytest.mark.parametrize('shell', ['bash', 'zsh'])
def test_script_knows_every_verb_and_flag(shell: str) -> None:
    script = completion.script(shell)

    assert all(verb in script for verb in [*table.VERBS, *table.ALIASES])
    assert '--num-units' in script


def test_reference_has_a_section_for_every_verb() -> None:
    page = docs.text()

    assert all(f'\n## {verb}\n' in page for verb in table.VERBS)


def test_doctor_names_the_remedy_only_where_it_is_needed() -> None:
    text = doctor.report(
        [
            doctor.Finding('python', ok=True, said='3.11', remedy='no'),
            doctor.Finding('nft', ok=False, said='not there', remedy='apt', needed=False),
            doctor.Finding('apt', ok=False, said='not there', remedy='buy it'),
        ]
    )

    assert text.splitlines() == [
        'ok    python  3.11',
        'note  nft     not there',
        '              mend: apt',
        'MISS  apt     not there',
        '              mend: buy it',
    ]


def test_summary_of_an_empty_model() -> None:
    assert '# Units:  (0)' in status_text.summary({'machines': {}, 'applications': {}})
