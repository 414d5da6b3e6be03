"""More units, and the loss of the master's while a browser and twenty writers go on.

This file is the last one here: the site has other units afterwards.
"""

# Selenium leaves parameters without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
import re

import psycopg
import visitors
from selenium import webdriver
from selenium.common import exceptions
from selenium.webdriver.common.by import By
from waiting import wait_for

from .conftest import Site, health, sections, sign, text


def test_more_units_share_the_work_and_the_database(site: Site):
    site.walk('More units')

    site.wait_for_message('python-django/0', 'active', 'master postgresql/0, 2 standbys')
    site.wait_for_message('python-django/1', 'active', 'master postgresql/0, 2 standbys')
    served: set[str] = set()

    def both_served() -> bool:
        served.update(re.findall(r'id="served-by">([^<]+)', site.visitor().read()[1]))
        return served == {'python-django/0', 'python-django/1'}

    wait_for(both_served)


def writes_to(browser: webdriver.Chrome) -> str:
    """Return the unit that the open page says it writes to; empty while nobody can sign."""
    try:
        return text(browser, '#database') if browser.find_elements(By.ID, 'sign') else ''
    except (exceptions.NoSuchElementException, exceptions.StaleElementReferenceException):
        return ''  # it loads again just now


def entries(site: Site, master: str) -> set[str]:
    """Return what *master* has of all that visitors wrote."""
    shown = json.loads(site.run('./solo show-unit python-django/0 --format json'))
    (info,) = [
        one for one in shown['python-django/0']['relation-info'] if one['endpoint'] == 'pgsql'
    ]
    bag = info['related-units'][master]['data']
    with psycopg.connect(
        host=bag['host'],
        port=bag['port'],
        user=bag['user'],
        password=bag['password'],
        dbname=bag['database'],
    ) as connection:
        return {what for (what,) in connection.execute('SELECT what FROM guestbook_entry')}


def test_the_page_comes_back_when_the_master_is_lost(site: Site, browser: webdriver.Chrome):
    sign(browser, site, 'Ada', 'Before the master was lost.')
    with visitors.crowd('127.0.0.1', site.port, 'crowd', writers=20) as crowd:
        wait_for(lambda: len(crowd.accepted) > 100)
        site.walk('Lose the master')
        browser.refresh()
        wait_for(lambda: health(site) == (200, 'read-only'))
        # From here on nobody touches the browser.
        wait_for(lambda: writes_to(browser) not in ('', 'postgresql/0'), timeout=120)
        before = len(crowd.accepted)
        wait_for(lambda: len(crowd.accepted) > before + 100, timeout=120)

    print(
        f'not written for {visitors.gap(crowd.writes):.1f} s, not read for '
        f'{visitors.gap(crowd.reads):.1f} s; {len(crowd.accepted)} entries, '
        f'{crowd.refused} refused'
    )
    master = writes_to(browser)
    assert master in ('postgresql/1', 'postgresql/2')
    assert int(text(browser, '#failovers')) >= 1
    assert not set(crowd.accepted) - entries(site, master)
    sign(browser, site, 'Ada', 'After the master was lost.')
    assert f'written to {master}' in text(browser, '.entries')


def test_the_lost_unit_comes_back_as_a_standby(site: Site):
    site.walk('What is left')

    message = site.unit('postgresql/0')['workload-status']['message']
    assert message in ('hot standby of postgresql/1', 'hot standby of postgresql/2')


def test_all_of_it_goes(site: Site):
    site.walk('Take it away')

    assert all(each.get('life') == 'dying' for each in site.status().values())


def test_every_section_of_the_tutorial_is_walked(site: Site):
    assert set(site.walked) == set(sections())
