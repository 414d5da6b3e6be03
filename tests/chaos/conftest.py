"""Options of chaos: how long, and which run to repeat."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser):
    """Add the options."""
    group = parser.getgroup('chaos')
    group.addoption('--minutes', type=float, default=3.0, help='how long to go on (default: 3)')
    group.addoption('--seed', type=int, default=None, help='repeat the run with this seed')
    group.addoption('--points', type=int, default=30, help='how often to kill (default: 30)')
