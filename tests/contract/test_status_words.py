"""What status says, and how. Source: contract 4.5, 5."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from contract_model import Model
from own import Own


@pytest.fixture(scope='module')
def there(shared: Model) -> Model:
    """``a`` with two units and a subordinate, related to ``b``."""
    shared.deploy('a', '-n', '2')
    shared.deploy('b')
    shared.deploy('s', charm='tracer-sub')
    shared.juju('integrate', 'a:server', 'b:client')
    shared.juju('integrate', 'b', 's:host')
    shared.started('a/0', 'a/1', 'b/0', 's/0')
    shared.wait_hook('s/0', 'host-relation-changed b/0')
    shared.settle()
    return shared


def test_json_has_relations_below_applications_and_a_leader_only_where_it_is(there: Model):
    """Row 40."""
    status = there.status()
    apps = status['applications']

    assert 'relations' not in status
    assert apps['a']['relations']['server'] == [
        {'related-application': 'b', 'interface': 'echo', 'scope': 'global'}
    ]
    assert apps['a']['relations']['ring'][0]['related-application'] == 'a'
    leaders = [unit['leader'] for unit in apps['a']['units'].values() if 'leader' in unit]
    assert leaders == [True]
    assert list(apps['b']['units']['b/0']['subordinates']) == ['s/0']
    assert 'units' not in apps['s']
    assert 'life' not in apps['a']
    assert apps['a']['charm'] == 'local:tracer-0'
    assert apps['a']['endpoint-bindings']['ring'] == 'alpha'
    assert isinstance(apps['a']['units']['a/0']['machine'], str)


def test_since_is_local_time_and_utc_only_when_asked(there: Model):
    """Row 50."""
    local = there.units()['a/0']['juju-status']['since']
    asked = json.loads(there.juju('status', '--format', 'json', '--utc'))
    utc = asked['applications']['a']['units']['a/0']['juju-status']['since']

    assert re.match(r'^\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$', local)
    assert re.match(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$', utc)


def test_since_is_in_the_zone_of_who_started_the_controller(own: Own, charms: Path):
    """Row 50: half an hour off the whole ones, so no machine of ours is there by chance."""
    own.env = {**own.env, 'TZ': 'Asia/Kolkata'}
    own.do('deploy', charms / 'tracer', 'a', '--wait')

    local = own.unit('a/0')['juju-status']['since']
    utc = json.loads(own.do('status', '--format', 'json', '--utc'))
    utc = utc['applications']['a']['units']['a/0']['juju-status']['since']

    assert local.endswith('+05:30')
    assert datetime.strptime(local, '%d %b %Y %H:%M:%S%z') == datetime.strptime(
        utc, '%Y-%m-%d %H:%M:%S%z'
    )


def test_the_leaders_word_is_the_applications_status(there: Model):
    """Contract 5: it stands, whatever the units say; before, the worst unit's does."""
    there.tool('a/0', 'status-set blocked "no disk"')
    there.tool('a/1', 'status-set active')
    worst = there.status()['applications']['a']['application-status']
    leader = next(
        name for name, unit in there.units().items() if unit.get('leader') and name[0] == 'a'
    )
    there.tool(leader, 'status-set --application maintenance "all of us"')
    told = there.status()['applications']['a']['application-status']

    assert (worst['current'], worst['message']) == ('blocked', 'no disk')
    assert (told['current'], told['message']) == ('maintenance', 'all of us')
    details = json.loads(
        there.tool(leader, 'status-get --application --include-data --format=json')
    )['application-status']
    assert details['status'] == 'maintenance'
    assert details['units']['a/0']['message'] == 'no disk'


def test_the_version_is_the_last_that_a_unit_said(there: Model):
    """Contract 3.17."""
    there.tool('a/0', 'application-version-set 1.2')
    there.tool('a/1', 'application-version-set 1.3')

    assert there.status()['applications']['a']['version'] == '1.3'


def test_nothing_that_matches_is_no_failure(there: Model):
    """Contract 4.5."""
    told = there.ask('status', 'nope')

    assert told.code == 0
    assert 'Nothing matched specified filter.' in told.err


def test_show_unit_has_the_bags_of_both_sides(there: Model):
    """Contract 4.6."""
    told = json.loads(there.juju('show-unit', 'a/0', '--format', 'json'))['a/0']
    relation = next(each for each in told['relation-info'] if each['endpoint'] == 'server')

    assert relation['related-endpoint'] == 'client'
    assert list(relation['related-units']) == ['b/0']
    assert relation['related-units']['b/0']['in-scope'] is True
    assert 'ingress-address' in relation['related-units']['b/0']['data']
    assert told['opened-ports'] == []


def test_a_missing_application_is_not_found(there: Model):
    """Contract 4.1: the code in parentheses is what scripts look for."""
    for verb, *args in (('config', 'nope'), ('expose', 'nope'), ('integrate', 'nope', 'a')):
        refused = there.ask(verb, *args)
        assert refused.code == 1, verb
        assert 'application "nope" not found (not found)' in refused.err
