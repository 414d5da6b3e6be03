"""Collect static files, where the project has any: ``python -m juju_site.collect``."""

from __future__ import annotations

import sys

if __name__ == '__main__':
    import django
    from django import apps
    from django.core import exceptions, management

    django.setup()
    if apps.apps.is_installed('django.contrib.staticfiles'):
        try:
            management.call_command('collectstatic', interactive=False, verbosity=0)
        except (OSError, ValueError, exceptions.ImproperlyConfigured) as error:
            sys.exit(f'{type(error).__name__}: {error}')
