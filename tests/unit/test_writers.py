"""The judge of acknowledged writes sees what it must see."""

from __future__ import annotations

from pathlib import Path

import writers


def _row(
    n: int, at: float, timeline: int = 1, server: str = 'a', sent: float | None = None
) -> writers.Acknowledged:
    return writers.Acknowledged('w', n, at - 0.01 if sent is None else sent, at, timeline, server)


def test_a_row_that_the_table_lacks_is_missing():
    acknowledged = [_row(1, 1.0), _row(2, 1.1)]

    assert writers.missing(acknowledged, [('w', 1), ('w', 3)]) == [acknowledged[1]]
    assert writers.missing(acknowledged, [('w', 1), ('w', 2)]) == []


def test_the_longest_gap_lies_between_two_commits():
    acknowledged = [_row(n, at) for n, at in enumerate((5.0, 1.0, 1.5, 9.5))]

    assert writers.longest_gap(acknowledged) == writers.Gap(4.5, 5.0)
    assert writers.longest_gap(acknowledged, begin=5.0, end=20.0) == writers.Gap(10.5, 9.5)
    assert writers.longest_gap([]).seconds == 0.0


def test_a_switch_of_servers_is_no_split():
    acknowledged = [_row(1, 1.0), _row(2, 2.0, 2, 'b'), _row(3, 3.0, 3, 'a')]

    assert writers.together(acknowledged) == []


def test_an_old_timeline_that_acknowledges_later_is_a_split():
    acknowledged = [_row(1, 1.0), _row(2, 2.0, 2, 'b'), _row(3, 2.5)]

    assert writers.together(acknowledged) == [(acknowledged[1], acknowledged[2])]


def test_an_answer_under_way_at_the_switch_is_no_split():
    acknowledged = [_row(2, 2.0, 2, 'b'), _row(1, 2.5, sent=1.9)]

    assert writers.together(acknowledged) == []


def test_two_servers_on_one_timeline_are_a_split():
    acknowledged = [_row(1, 1.0, 2, 'a'), _row(2, 2.0, 2, 'b')]

    assert writers.together(acknowledged) == [(acknowledged[0], acknowledged[1])]


def test_a_line_cut_short_does_not_count(tmp_path: Path):
    log = tmp_path / 'w.log'
    log.write_text('1 1.000000 1.100000 1 a\n2 1.200000 1.3')

    assert writers.read(log, 'w') == [writers.Acknowledged('w', 1, 1.0, 1.1, 1, 'a')]
