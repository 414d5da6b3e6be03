"""A real browser at the guest book that six lines made.

WRITE_SCREENSHOTS=1 puts the picture of the tutorial where it belongs.
"""

# Selenium leaves parameters without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import re
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait
from waiting import wait_for

from .conftest import TUTORIAL, Site, sign, text


def test_before_expose_the_address_refuses(site: Site):
    assert site.refused_before_expose


def test_a_visitor_signs_the_book_and_sees_the_entry(
    site: Site, browser: webdriver.Chrome, tmp_path: Path
):
    sign(browser, site, 'Grace', 'The cat <b>sat</b> on the keyboard: é, ß, ½')
    sign(browser, site, 'Ada', 'Hello from a browser.')

    assert 'The cat <b>sat</b> on the keyboard: é, ß, ½' in text(browser, '.entries')
    assert text(browser, '#served-by') == 'python-django/0'
    assert text(browser, '#database') == 'postgresql/0'
    assert text(browser, '#states') == 'postgresql/0\nstandalone'
    assert text(browser, '#failovers') == '0'
    writes = os.environ.get('WRITE_SCREENSHOTS')
    picture = TUTORIAL.with_name('guest-book.png') if writes else tmp_path / 'guest-book.png'
    assert browser.save_screenshot(str(picture))


def test_the_style_sheet_is_served(site: Site, browser: webdriver.Chrome):
    browser.get(site.address)

    header = browser.find_element(By.TAG_NAME, 'header')
    assert header.value_of_css_property('background-color') == 'rgba(51, 103, 145, 1)'


def test_the_administrator_of_the_action_logs_in(site: Site, browser: webdriver.Chrome):
    (said,) = site.walk('An administrator')
    password = re.search(r'password: (\S+)', said)
    assert password

    browser.get(f'{site.address}admin/')
    browser.find_element(By.NAME, 'username').send_keys('admin')
    browser.find_element(By.NAME, 'password').send_keys(password[1])
    browser.find_element(By.CSS_SELECTOR, '[type=submit]').click()
    WebDriverWait(browser, 60).until(
        expected.presence_of_element_located((By.LINK_TEXT, 'Entries'))
    )
    browser.find_element(By.LINK_TEXT, 'Entries').click()

    assert 'Hello from a browser.' in text(browser, '#result_list')


def test_the_same_administrator_is_not_made_twice(site: Site):
    said = site.run('./solo run python-django/0 createsuperuser', check=False)

    assert 'username is already taken' in said


def test_the_door_closes_and_opens(site: Site):
    site.refused_before_expose = False

    site.walk('Close the door')

    assert site.refused_before_expose
    wait_for(lambda: site.visitor().read()[0] == 200)
