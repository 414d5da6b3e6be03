"""The options of python-django: typed, or named when they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from djangocharm import options

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(options.__file__).parents[2] / 'charmcraft.yaml').read_text()
)
DEFAULTS = {name: option['default'] for name, option in SPEC['config']['options'].items()}


def test_the_defaults_are_good():
    found = options.read(DEFAULTS)

    assert found.faults == ()
    assert found.port == 8080
    assert found.allowed_hosts == ('*',)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('site-port', 0),
        ('site-port', 65536),
        ('settings-module', 'my-site.settings'),
        ('settings-module', 'a..b'),
        ('wsgi-module', '../wsgi'),
        ('allowed-hosts', ' , '),
        ('database', 'x' * 64),
        ('database', 'a\nb'),
    ],
)
def test_a_wrong_option_is_named(name: str, value: Any):
    (fault,) = options.read({**DEFAULTS, name: value}).faults

    assert fault.startswith(f'{name}: ')


def test_all_faults_are_told_at_once():
    wrong = {**DEFAULTS, 'site-port': -1, 'wsgi-module': '1', 'allowed-hosts': ''}

    assert len(options.read(wrong).faults) == 3
