"""The same six lines on machines that are Linux namespaces; gone before the other tests begin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from waiting import wait_for

from .conftest import Site, deployed, sign, text


@pytest.fixture(scope='module')
def elsewhere(cli: str) -> Iterator[Site]:
    if Path(cli).name == 'juju' or os.geteuid() != 0:
        pytest.skip("machines that are namespaces are solo's, and need root")
    with deployed(cli, 'django-elsewhere', 'namespace') as made:
        yield made


def test_a_visitor_signs_the_book_on_another_kind_of_machine(
    elsewhere: Site, browser: webdriver.Chrome
):
    assert elsewhere.refused_before_expose

    sign(browser, elsewhere, 'Grace', 'Hello from a namespace.')

    assert text(browser, '#database') == 'postgresql/0'
    assert text(browser, '#served-by') == 'python-django/0'


def test_the_door_of_another_kind_of_machine_closes_and_opens(elsewhere: Site):
    elsewhere.refused_before_expose = False

    elsewhere.walk('Close the door')

    assert elsewhere.refused_before_expose
    wait_for(lambda: 'Hello from a namespace.' in elsewhere.visitor().read()[1])
