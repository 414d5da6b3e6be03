"""Every interruption of a change of etcd's members converges, as in Patroni's ``test_quorum``."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgcharm import membership
from pgcharm.membership import Add, Member, Move, MoveLeader, Promote, Remove, Unit


@dataclasses.dataclass
class Etcd:
    """An etcd cluster that refuses what the real one refuses."""

    members: list[Member]
    leader: str
    next_id: int = 100

    def apply(self, change: membership.Change, units: dict[str, Unit]) -> None:
        match change:
            case Add():
                assert not any(one.is_learner for one in self.members), 'one learner at a time'
                assert change.peer_url not in {one.peer_url for one in self.members}
                self.next_id += 1
                self.members.append(Member(str(self.next_id), '', change.peer_url, '', True))
            case Promote():
                (one,) = [one for one in self.members if one.id == change.id]
                assert one.is_learner and one.is_started
                self._replace(one, is_learner=False)
            case Remove():
                assert change.id != self.leader, 'the leader moves first'
                self.members = [one for one in self.members if one.id != change.id]
            case Move():
                assert change.peer_url not in {one.peer_url for one in self.members}
                (one,) = [one for one in self.members if one.id == change.id]
                self._replace(one, peer_url=change.peer_url)
            case MoveLeader():
                (one,) = [one for one in self.members if one.id == change.id]
                assert not one.is_learner and is_alive(one, units)
                self.leader = one.id
        assert has_majority(self, units), f'{change} loses the majority: {self.members}'

    def start(self, units: dict[str, Unit]) -> None:
        """Let those that were added join whose unit is there."""
        for one in list(self.members):
            unit = units.get(one.peer_url)
            if not one.is_started and unit is not None and unit.is_alive:
                self._replace(one, name=unit.name, client_url=one.peer_url)

    def _replace(self, one: Member, **changes: object) -> None:
        self.members[self.members.index(one)] = dataclasses.replace(one, **changes)  # pyright: ignore[reportArgumentType] # the caller's

    @property
    def voters(self) -> list[Member]:
        return [one for one in self.members if not one.is_learner]


def is_alive(one: Member, units: dict[str, Unit]) -> bool:
    unit = units.get(one.peer_url)
    return one.is_started and unit is not None and unit.is_alive


def has_majority(etcd: Etcd, units: dict[str, Unit]) -> bool:
    alive = [one for one in etcd.voters if is_alive(one, units)]
    return len(alive) * 2 > len(etcd.voters)


def unit(number: int, **changes: bool) -> Unit:
    return dataclasses.replace(Unit(f'pg-{number}', f'url-{number}'), **changes)


def member(number: int, *, is_learner: bool = False) -> Member:
    return Member(str(number), f'pg-{number}', f'url-{number}', f'url-{number}', is_learner)


def settle(etcd: Etcd, units: list[Unit], most: int = 60) -> list[membership.Change]:
    """Change until nothing is left to do, or *most* changes were made."""
    by_url = {one.peer_url: one for one in units}
    done: list[membership.Change] = []
    while len(done) < most:
        etcd.start(by_url)
        change = membership.next_change(etcd.members, etcd.leader, units)
        if change is None:
            return done
        etcd.apply(change, by_url)
        done.append(change)
    assert most < 60, f'no end: {done[-6:]}'
    return done


def alone() -> Etcd:
    return Etcd([member(0)], '0')


@pytest.mark.parametrize(
    ('count', 'voters', 'learners'),
    [(1, 1, 0), (2, 1, 1), (3, 3, 0), (4, 3, 0), (5, 5, 0), (6, 5, 0), (7, 7, 0), (9, 7, 0)],
)
def test_members_by_the_number_of_units(count: int, voters: int, learners: int) -> None:
    etcd = alone()

    settle(etcd, [unit(number, is_primary=number == 0) for number in range(count)])

    assert (len(etcd.voters), len(etcd.members) - len(etcd.voters)) == (voters, learners)


def test_vote_of_two_units_follows_the_primary() -> None:
    etcd = Etcd([member(0), member(1, is_learner=True)], '0')

    settle(etcd, [unit(0), unit(1, is_primary=True)])

    assert [one.name for one in etcd.voters] == ['pg-1']
    assert [one.name for one in etcd.members if one.is_learner] == ['pg-0']


def test_leader_of_etcd_is_kept_off_the_primary_s_unit() -> None:
    etcd = Etcd([member(0), member(1), member(2)], '0')

    done = settle(etcd, [unit(0, is_primary=True), unit(1), unit(2)])

    assert done == [MoveLeader('1')]


def test_dead_unit_that_nobody_removed_keeps_its_vote() -> None:
    etcd = Etcd([member(0), member(1), member(2)], '1')

    done = settle(etcd, [unit(0, is_primary=True), unit(1), unit(2, is_alive=False)])

    assert done == []


def test_voter_of_a_departed_unit_is_removed() -> None:
    etcd = Etcd([member(0), member(1), member(2)], '1')

    settle(etcd, [unit(0, is_primary=True), unit(1)])

    assert [one.name for one in etcd.voters] == ['pg-0']


def test_learner_of_a_unit_that_is_away_stays() -> None:
    etcd = Etcd([member(0), member(1, is_learner=True)], '0')

    assert settle(etcd, [unit(0, is_primary=True), unit(1, is_alive=False)]) == []


def test_third_voter_that_never_came_takes_the_second_one_s_vote_back() -> None:
    etcd = Etcd([member(0), member(1)], '0')
    units = [unit(0, is_primary=True), unit(1), unit(2, is_alive=False)]

    settle(etcd, units)

    assert [one.name for one in etcd.voters] == ['pg-0']


def witness(number: int = 9, **changes: bool) -> Unit:
    return dataclasses.replace(Unit('witness.pg', f'url-{number}'), is_witness=True, **changes)


def names(etcd: Etcd) -> tuple[list[str], list[str]]:
    """Return who votes, and who learns."""
    return (
        sorted(one.name for one in etcd.voters),
        [one.name for one in etcd.members if one.is_learner],
    )


@pytest.mark.parametrize('count', [1, 2, 3, 4, 5])
def test_witness_votes_with_two_units_and_never_otherwise(count: int) -> None:
    etcd = alone()

    settle(etcd, [*(unit(n, is_primary=n == 0) for n in range(count)), witness()])

    assert any(one.name == 'witness.pg' for one in etcd.members) == (count == 2)
    assert len(etcd.voters) == membership.voters_for(3 if count == 2 else count)


def test_witness_that_is_away_is_not_waited_for() -> None:
    etcd = alone()

    settle(etcd, [unit(0, is_primary=True), unit(1), witness(is_alive=False)])

    assert names(etcd) == (['pg-0'], ['pg-1'])


def test_witness_that_dies_while_it_joins_leaves_no_two_voters() -> None:
    etcd = alone()
    units = [unit(0, is_primary=True), unit(1), witness()]
    settle(etcd, units[:2])
    by_url = {one.peer_url: one for one in units}
    for _ in range(2):  # a second vote, and a learner that never starts
        change = membership.next_change(etcd.members, etcd.leader, units)
        assert change is not None
        etcd.apply(change, by_url)
    assert len(etcd.voters) == 2

    settle(etcd, [*units[:2], witness(is_alive=False)])

    assert names(etcd) == (['pg-0'], ['pg-1'])


def test_witness_that_dies_keeps_its_vote() -> None:
    etcd = Etcd([member(0), member(1), member(9)], '1')

    units = [unit(0, is_primary=True), unit(1), witness(is_alive=False)]

    assert settle(etcd, units) == []
    assert membership.is_settled(etcd.members, units)


def test_witness_is_not_counted_while_one_of_two_units_is_away() -> None:
    etcd = Etcd([member(0), member(1, is_learner=True)], '0')

    assert settle(etcd, [unit(0, is_primary=True), unit(1, is_alive=False), witness()]) == []


def test_witness_keeps_its_vote_until_a_third_unit_can_vote() -> None:
    etcd = Etcd([member(0), member(1), member(9)], '1')
    units = [unit(0, is_primary=True), unit(1), unit(2, is_alive=False), witness()]

    assert settle(etcd, units) == []

    settle(etcd, [*units[:2], unit(2), witness()])
    assert names(etcd) == (['pg-0', 'pg-1', 'pg-2'], [])


@pytest.mark.parametrize('is_alive', [True, False])
def test_witness_that_goes_leaves_a_voter_and_a_learner(is_alive: bool) -> None:
    etcd = Etcd([member(0), member(1), member(9)], '1')

    settle(
        etcd,
        [unit(0, is_primary=True), unit(1), witness(is_leaving=True, is_alive=is_alive)],
    )

    assert names(etcd) == (['pg-0'], ['pg-1'])


def test_witness_goes_after_the_dead_unit_that_it_was_needed_for() -> None:
    etcd = Etcd([member(0), member(1), member(9)], '9')

    settle(etcd, [unit(0, is_primary=True), unit(1, is_alive=False), witness(is_leaving=True)])

    assert names(etcd) == (['pg-0'], [])


def test_unit_that_leaves_two_and_a_witness_leaves_one_voter() -> None:
    etcd = Etcd([member(0), member(1), member(9)], '1')

    settle(etcd, [unit(0, is_primary=True), unit(1, is_leaving=True), witness()])

    assert names(etcd) == (['pg-0'], [])


def elsewhere(number: int, **changes: bool) -> Unit:
    return dataclasses.replace(Unit(f'pg-{number}', f'url-{number}-new'), **changes)


def test_unit_that_moved_tells_it_once() -> None:
    members = [member(0), member(1)]

    change = membership.moved(members, 'pg-1', 'url-1-new')

    assert change == Move('1', 'url-1-new')
    told = [member(0), dataclasses.replace(member(1), peer_url='url-1-new')]
    assert membership.moved(told, 'pg-1', 'url-1-new') is None
    assert membership.moved(members, 'pg-2', 'url-2') is None


def test_learner_that_moved_goes_and_is_added_again() -> None:
    etcd = Etcd([member(0), member(1, is_learner=True)], '0')
    units = [unit(0, is_primary=True), elsewhere(1)]

    change = membership.moved(etcd.members, 'pg-1', 'url-1-new')

    assert change == Remove('1')
    etcd.apply(Remove('1'), {one.peer_url: one for one in units})
    settle(etcd, units)
    assert [(one.name, one.peer_url) for one in etcd.members if one.is_learner] == [
        ('pg-1', 'url-1-new')
    ]


@pytest.mark.parametrize('count', [1, 2, 3, 4, 5])
@pytest.mark.parametrize('is_primary', [True, False])
def test_member_that_moved_is_neither_removed_nor_added_again(
    count: int, is_primary: bool
) -> None:
    etcd = alone()
    units = [unit(n, is_primary=(n == 0) == is_primary and n < 2) for n in range(count)]
    settle(etcd, units)

    moved = [elsewhere(0, is_primary=units[0].is_primary), *units[1:]]

    assert membership.next_change(etcd.members, etcd.leader, moved) is None
    assert membership.is_settled(etcd.members, moved)


def test_leader_that_reads_an_older_address_leaves_the_new_one_alone() -> None:
    told = [member(0), dataclasses.replace(member(1), peer_url='url-1-new'), member(2)]

    done = membership.next_change(told, '2', [unit(0, is_primary=True), unit(1), unit(2)])

    assert done is None


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[Unit], int]]:
    """Worlds one after the other, and how many changes are made in each before a kill."""
    found: list[tuple[list[Unit], int]] = []
    for _ in range(draw(st.integers(1, 5))):
        numbers = draw(st.sets(st.integers(0, 8), min_size=1, max_size=8))
        primary = draw(st.sampled_from(sorted(numbers)))
        leaving = draw(st.none() | st.sampled_from(sorted(numbers)))
        units = [
            unit(
                number,
                is_primary=number == primary and number != leaving,
                is_leaving=number == leaving and len(numbers) > 1,
            )
            for number in sorted(numbers)
        ]
        # A witness may come, die, leave, and come back at another address.
        if draw(st.booleans()):
            units.append(witness(draw(st.integers(20, 21)), is_alive=draw(st.booleans())))
        found.append((units, draw(st.integers(0, 12))))
    return found


@settings(max_examples=300, deadline=None)
@given(histories(), st.data())
def test_every_interruption_converges(
    history: list[tuple[list[Unit], int]], data: st.DataObject
) -> None:
    first = history[0][0][0]
    number = int(first.name.removeprefix('pg-'))
    etcd = Etcd([member(number)], str(number))
    for units, most in history:
        there = {one.peer_url: one for one in units}
        # A unit goes only by leaving: what it takes with it must leave a majority.
        kept = [*units, *_still_voting(etcd, there)]
        if has_majority(etcd, {one.peer_url: one for one in kept}):
            settle(etcd, kept, most)

    units = [dataclasses.replace(one, is_leaving=False, is_alive=True) for one in history[-1][0]]
    kept = [*units, *_still_voting(etcd, {one.peer_url: one for one in units})]
    settle(etcd, kept)

    holders = [one for one in units if not one.is_witness]
    counted = units if len(holders) == 2 else holders
    assert len(etcd.voters) == membership.voters_for(len(counted))
    assert len(etcd.voters) != 2
    assert membership.is_settled(etcd.members, units)
    assert {one.peer_url for one in etcd.members} <= {one.peer_url for one in units}


def _still_voting(etcd: Etcd, there: dict[str, Unit]) -> list[Unit]:
    return [
        Unit(
            one.name or 'pg-new',
            one.peer_url,
            is_leaving=True,
            is_witness=one.peer_url in ('url-20', 'url-21'),
        )
        for one in etcd.members
        if one.peer_url not in there
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(3, 7), st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)), st.integers(0, 6)
)
def test_no_change_loses_the_majority_whoever_is_dead_or_departed(
    count: int, dead: set[int], departed: set[int], primary: int
) -> None:
    voters = membership.voters_for(count)
    etcd = Etcd([member(number) for number in range(voters)], '0')
    units = [
        unit(number, is_alive=number not in dead, is_primary=number == primary)
        for number in range(count)
        if number not in departed
    ]
    by_url = {one.peer_url: one for one in units}
    if not has_majority(etcd, by_url):
        return
    etcd.leader = next(one.id for one in etcd.voters if is_alive(one, by_url))

    settle(etcd, units)

    assert has_majority(etcd, by_url)
