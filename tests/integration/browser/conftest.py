"""One Django site for all tests of this folder, made by the tutorial's commands, and a browser."""

# Selenium leaves parameters without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import documents
import pytest
import visitors
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait
from waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
TUTORIAL = REPOSITORY / 'docs' / 'tutorial' / 'django.md'
PORT = 8080


@dataclasses.dataclass
class Site:
    """The site from outside, and the command line in its model.

    Where somebody has the port it is told another one; all else is as a reader pastes it.
    """

    cli: str
    model: str
    port: int = PORT
    refused_before_expose: bool = False
    walked: list[str] = dataclasses.field(default_factory=list[str])

    def run(self, command: str, *, check: bool = True) -> str:
        """Run a command of a shell at the repository's root, as a reader would paste it."""
        if self.port != PORT:
            command = command.replace(f':{PORT}', f':{self.port}')
            if command.endswith('deploy python-django'):
                command += f' --config site-port={self.port}'
        done = subprocess.run(
            ['/bin/bash', '-c', command.replace('./solo', self.cli)],
            cwd=REPOSITORY,
            env={**os.environ, 'JUJU_MODEL': self.model},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert not check or done.returncode == 0, f'{command}\n{done.stdout}{done.stderr}'
        return done.stdout + done.stderr

    def walk(self, title: str) -> list[str]:
        """Run the commands of one section of the tutorial, and return what they said."""
        self.walked.append(title)
        said: list[str] = []
        for command in sections()[title]:
            if ' expose ' in command:
                wait_for(lambda: self.visitor().read()[0] == 0)
                self.refused_before_expose = True
            said.append(self.run(command))
        return said

    @property
    def address(self) -> str:
        return f'http://127.0.0.1:{self.port}/'

    def visitor(self) -> visitors.Visitor:
        return visitors.Visitor('127.0.0.1', self.port, timeout=60)

    def status(self) -> dict[str, Any]:
        return json.loads(self.run('./solo status --format json'))['applications']

    def unit(self, name: str) -> dict[str, Any]:
        """Return what the status says of a unit, a subordinate too."""
        found: dict[str, Any] = {}
        for application in self.status().values():
            units: dict[str, Any] = application.get('units') or {}
            found |= units
            for unit in units.values():
                below: dict[str, Any] = unit.get('subordinates') or {}
                found |= below
        return found[name]

    def wait_for_message(self, unit: str, state: str, words: str) -> None:
        def says() -> str | None:
            found = self.unit(unit)['workload-status']
            matches = found['current'] == state and words in found.get('message', '')
            return found.get('message', '-') if matches else None

        try:
            wait_for(says, timeout=120, every=0.5)
        except AssertionError as error:
            found = self.unit(unit)['workload-status']
            raise AssertionError(f'wanted {state} "{words}", there is {found}') from error

    def wait_until_active(self) -> None:
        self.wait_for_message('python-django/0', 'active', 'master')


def sections() -> dict[str, list[str]]:
    """Return the tutorial's sections that have commands, and these."""
    parts = TUTORIAL.read_text().split('\n## ')[1:]
    found = {part.partition('\n')[0]: documents.commands(part) for part in parts}
    return {title: commands for title, commands in found.items() if commands}


def health(site: Site) -> tuple[int, str]:
    """Return what a machine is told: the status, and what can be done with the database."""
    status, body = site.visitor().request('GET', '/health')
    return status, json.loads(body)['database'] if body else ''


def text(browser: webdriver.Chrome, css: str) -> str:
    """Return what a visitor reads there."""
    return browser.find_element(By.CSS_SELECTOR, css).text


def sign(browser: webdriver.Chrome, site: Site, who: str, what: str) -> None:
    """Open the page, sign the book, and wait until the entry is there."""
    browser.get(site.address)
    browser.find_element(By.NAME, 'who').send_keys(who)
    browser.find_element(By.NAME, 'what').send_keys(what)
    browser.find_element(By.CSS_SELECTOR, '#sign button').click()
    WebDriverWait(browser, 60).until(
        expected.text_to_be_present_in_element((By.CSS_SELECTOR, '.entries'), what)
    )


def port() -> int:
    """Return the port of the tutorial, or a free one where somebody of this host has it."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            tried.bind(('', PORT))
            return PORT
        tried.bind(('', 0))
        return tried.getsockname()[1]


@contextlib.contextmanager
def deployed(cli: str, model: str, provider: str) -> Generator[Site, None, None]:
    """Give the page that the tutorial's first section makes, in a model of its own."""
    made = Site(cli, model, port())
    made.run(f'./solo add-model {model} --no-switch --config provider={provider}')
    try:
        made.walk('Six lines')
        yield made
    except BaseException:
        print(made.run('./solo status; ./solo debug-log --no-tail --limit 300', check=False))
        raise
    finally:
        flags = '--no-prompt --destroy-storage --force --no-wait'
        made.run(f'./solo destroy-model {model} {flags}', check=False)


@pytest.fixture(scope='package')
def site(cli: str) -> Iterator[Site]:
    """The deployment that most tests look at."""
    with deployed(cli, 'django', 'local') as made:
        yield made


@pytest.fixture(scope='package')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium, without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which('chromium') or 'chromium'
    profile = tmp_path_factory.mktemp('profile')
    for argument in (
        '--headless=new',
        '--no-sandbox',  # it refuses to run as root otherwise
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-proxy-server',
        '--window-size=1100,820',
        f'--user-data-dir={profile}',
    ):
        options.add_argument(argument)
    service = Service(shutil.which('chromedriver') or 'chromedriver')
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()
