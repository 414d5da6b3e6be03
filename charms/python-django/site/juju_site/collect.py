"""Collect static files, where the project has any."""

from __future__ import annotations

from pathlib import Path

from . import facts


def collect() -> None:
    """Copy the static files of all applications into the folder that the settings name.

    Raises:
        Exception: Whatever the project's storage or finders raise.
    """
    from django import apps
    from django.core import management

    if apps.apps.is_installed('django.contrib.staticfiles'):
        management.call_command('collectstatic', interactive=False, verbosity=0)
    Path(facts.current().static_root, '.complete').touch()
