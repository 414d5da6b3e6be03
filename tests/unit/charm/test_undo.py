"""Options with which PostgreSQL does not start are taken back, on all units, until they change."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from unit.charm import worlds

from pgcharm import config, desired, failure, observed, patroni, plan, running, status, steps, undo

BAD = 'shared_preload_libraries = nosuch'
NOSUCH = 'could not access file "nosuch": No such file or directory'


def wanted(extra: str = BAD, **changes: Any) -> desired.Desired:
    published = {'state': 'standalone', **changes.pop('published', {})}
    return worlds.wanted(
        options=worlds.options(extra_pg_conf=extra), published=published, **changes
    )


def failed(wish: desired.Desired) -> observed.Observed:
    """Return a unit that ran well, and did not start with what *wish* asks for."""
    ran = worlds.running(wanted(extra=''))
    machine = worlds.Machine(ran)
    machine.settle(wish)
    assert machine.seen.patroni is not None
    down = dataclasses.replace(machine.seen.patroni, state='starting')
    return dataclasses.replace(
        machine.seen,
        proven=ran.proven,
        patroni=down,
        database=None,
        failure=failure.Failure(down.settings, NOSUCH),
    )


def said(wish: desired.Desired, seen: observed.Observed) -> Mapping[str, str]:
    return undo.saying(wish, seen, settings_digest(wish, seen))


def settings_digest(wish: desired.Desired, seen: observed.Observed) -> str:
    return patroni.digest(running.patroni_settings(wish, seen))


def hook(wish: desired.Desired, seen: observed.Observed, most: int = 99) -> worlds.Machine:
    """Do what a hook does, its own bag included, or the first steps of it: then it is killed."""
    machine = worlds.Machine(seen)
    for _ in range(6):
        for step in plan.plan(wish, machine.observe(wish), worlds.NOW):
            if len(machine.done) == most:
                return machine
            machine.apply(step)
            if isinstance(step, steps.Publish):
                wish = dataclasses.replace(wish, written={**wish.written, **step.content})
    return machine


def test_unit_goes_back_to_the_options_that_it_had_started_with() -> None:
    wish = wanted()
    seen = failed(wish)

    machine = hook(wish, seen)

    assert machine.seen.accepted == seen.proven
    assert machine.seen.patroni is not None
    settings = machine.seen.files[wish.places.patroni_settings]
    assert 'nosuch' not in settings
    assert machine.seen.patroni.settings == patroni.digest(settings)
    found = undo.read(said(wish, seen)['undone'])
    assert found is not None and found.reason == NOSUCH
    assert found.refused['extra_pg_conf'] == {'shared_preload_libraries': 'nosuch'}


def test_kill_after_any_step_leads_to_the_same() -> None:
    wish = wanted()
    seen = failed(wish)
    whole = hook(wish, seen)

    for most in range(len(whole.done)):
        # What a killed hook wrote to its bag is gone, so its unit tries once more.
        killed = hook(wish, seen, most).seen
        again = hook(wish, killed).seen
        if again.failure is not None and again.accepted != seen.proven:
            assert again.patroni is not None
            failing = failure.Failure(again.patroni.settings, NOSUCH)
            again = hook(wish, dataclasses.replace(again, failure=failing)).seen
        assert again.accepted == seen.proven, f'after {most} steps'
        assert again.files == whole.seen.files, f'after {most} steps'


def test_operator_hears_which_option_it_was_and_why() -> None:
    wish = wanted()
    bag = {'undone': said(wish, failed(wish))['undone']}
    back = worlds.running(wanted(extra=''))

    found = status.status(wanted(published=bag), back)

    assert found.name == 'blocked'
    assert (
        found.message == f'option "extra-pg-conf": undone, pg/0 does not start with it: {NOSUCH}'
    )


def test_changed_option_is_tried_and_the_former_word_forgotten() -> None:
    wish = wanted()
    bag = {'undone': said(wish, failed(wish))['undone']}
    new = wanted('shared_preload_libraries = other', published=bag)

    assert new.parse(None).config.extra_pg_conf == {'shared_preload_libraries': 'other'}
    assert said(new, worlds.running(wanted(extra=''))) == {'undone': ''}
    assert said(wanted(published=bag), worlds.running(wanted(extra=''))) == {}


def test_every_unit_takes_back_what_one_does_not_start_with_and_restarts_nobody() -> None:
    wish = wanted()
    bag = {**worlds.peer('1', 'hot standby'), 'undone': said(wish, failed(wish))['undone']}
    told = wanted(peers=worlds.bags(units={'pg/1': bag}), published={'state': 'master'})
    seen = worlds.running(told)
    newer = dataclasses.replace(seen, accepted=config.parse(told.options, None).config)

    done = hook(told, newer).done

    assert told.parse(None).config.extra_pg_conf == {}
    assert steps.Accept(told.parse(None).config) in done
    assert not any(
        isinstance(one, steps.RestartPostgres | steps.HandOver | steps.SwitchOver) for one in done
    )


def test_failure_of_options_that_had_worked_is_not_theirs() -> None:
    wish = wanted(extra='')
    seen = failed(wish)

    assert said(wish, seen) == {}
    assert status.status(wish, seen).message == f'PostgreSQL does not start: {NOSUCH}'


def test_failure_with_older_settings_says_nothing_of_newer_ones() -> None:
    wish = wanted()
    older = dataclasses.replace(failed(wish), failure=failure.Failure('older', NOSUCH))

    assert said(wish, older) == {}


def test_unit_that_joins_has_no_word_in_it() -> None:
    wish = wanted()
    seen = dataclasses.replace(failed(wish), proven=None)
    master = {'pg/1': worlds.peer('1', 'master')}
    joins = wanted(peers=worlds.bags(units=master, secrets=worlds.secrets(bootstrap='pg/1')))

    assert said(joins, seen) == {}
    wish = dataclasses.replace(wish, options={**wish.options, 'profile': 'testing'})
    seen = dataclasses.replace(seen, accepted=wish.parse(None).config)
    loaded = settings_digest(wish, seen)
    seen = dataclasses.replace(seen, failure=failure.Failure(loaded, NOSUCH))
    first = undo.read(said(wish, seen)['undone'])
    assert first is not None and first.instead['extra_pg_conf'] == {}
    assert first.instead['profile'] == 'testing'


def test_setting_that_a_reload_brings_and_the_server_refuses_is_undone_at_once() -> None:
    wish = wanted("timezone = 'No/Where'")
    seen = failed(wish)
    ran = worlds.running(wish)
    assert ran.database is not None
    refuses = dataclasses.replace(ran.database, refused_settings=('timezone = No/Where',))
    runs = dataclasses.replace(seen, patroni=ran.patroni, database=refuses, failure=None)

    found = undo.read(said(wish, runs)['undone'])

    assert found is not None and found.reason == 'it refuses timezone = No/Where'


def test_options_are_proven_by_a_start_or_when_nothing_of_them_waits_for_one() -> None:
    ran = worlds.running(wanted(extra=''))
    assert ran.accepted is not None and ran.database is not None and ran.patroni is not None
    server, loaded = ran.patroni, ran.patroni.settings
    newer = dataclasses.replace(ran.accepted, extra_pg_conf={'wal_buffers': '3MB'})
    ran = dataclasses.replace(ran, accepted=newer, accepted_at=ran.database.started_at + 1)
    soon = dt.datetime.fromtimestamp(ran.accepted_at + 1, dt.timezone.utc)
    waits, other = (
        dataclasses.replace(ran, patroni=dataclasses.replace(server, pending=(name,)))
        for name in ('wal_buffers', 'shared_buffers')
    )

    assert undo.is_to_prove(ran, loaded, worlds.NOW)
    assert undo.is_to_prove(other, loaded, worlds.NOW)
    assert not undo.is_to_prove(ran, loaded, soon)
    assert not undo.is_to_prove(ran, 'newer', worlds.NOW)
    assert not undo.is_to_prove(waits, loaded, worlds.NOW)
    started = dataclasses.replace(waits, accepted_at=1.0)
    assert undo.is_to_prove(started, loaded, soon)


@given(st.text() | st.dictionaries(st.text(), st.integers()).map(str))
def test_bag_that_says_nonsense_says_nothing(bag: str) -> None:
    assert undo.read(bag) is None


def test_reason_is_what_the_server_said_before_its_end() -> None:
    preload = (
        '2026-11-26 08:10:01.861 UTC [9] LOG:  redirecting log output\n'
        '2026-11-26 08:10:25,957 INFO: connection failed: FATAL:  the system is starting up\n'
        f'2026-11-26 08:10:26.932 UTC [10] FATAL:  {NOSUCH}\n'
        '2026-11-26 08:10:26.933 UTC [10] LOG:  database system is shut down\n'
    )
    value = (
        '2026-11-26 08:18:31.1 GMT [7] LOG:  invalid value for parameter "TimeZone": "No/Where"\n'
        '2026-11-26 08:18:31.2 GMT [7] FATAL:  configuration file "/d/p.conf" contains errors\n'
    )

    assert failure.reason(preload) == NOSUCH
    assert failure.reason(preload + value) == 'invalid value for parameter "TimeZone": "No/Where"'
    assert failure.reason('nothing of use') == ''
