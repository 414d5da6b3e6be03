"""The settings that run: the project's own, and over them what the charm decides.

Gunicorn and ``manage.py`` get this module as ``DJANGO_SETTINGS_MODULE``.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import facts

FACTS = facts.current()
"""What all below was made from."""
_PROJECT = importlib.import_module(FACTS.settings_module)

globals().update({name: value for name, value in vars(_PROJECT).items() if name.isupper()})


def _middleware(own: list[str]) -> list[str]:
    """Put ours around the project's: health first, static files behind the security headers."""
    ours = [
        'juju_site.middleware.Health',
        'juju_site.middleware.Databases',
        'whitenoise.middleware.WhiteNoiseMiddleware',
    ]
    rest = [name for name in own if name not in ours]
    security = [name for name in rest if name.endswith('.SecurityMiddleware')]
    return [*ours[:2], *security, ours[2], *[name for name in rest if name not in security]]


SECRET_KEY = FACTS.secret_key
DEBUG = FACTS.debug
ALLOWED_HOSTS = list(FACTS.allowed_hosts)
# Django fills defaults into the dictionaries that it is given.
DATABASES: dict[str, dict[str, Any]] = {
    'default': {},  # the dummy, which says so when it is used
    **{alias: dict(database) for alias, database in FACTS.databases.items()},
}
DATABASE_ROUTERS = ['juju_site.databases.Router', *getattr(_PROJECT, 'DATABASE_ROUTERS', ())]
MIDDLEWARE = _middleware(list(getattr(_PROJECT, 'MIDDLEWARE', ())))
STATIC_ROOT = FACTS.static_root or getattr(_PROJECT, 'STATIC_ROOT', None)
STATIC_URL = getattr(_PROJECT, 'STATIC_URL', None) or 'static/'
