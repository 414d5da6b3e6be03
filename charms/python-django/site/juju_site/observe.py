"""What the charm wants to know of the site: whether it can run, and how its database is.

The keys: ``fault`` (why the project can't run, empty if it can), ``database`` (``read-write``,
``read-only`` or ``none``), ``reason`` (why not), ``place`` (``host:port`` of the unit that
accepts writes), ``unapplied`` (migrations that wait).
"""

from __future__ import annotations

import importlib
import io
from typing import Any

from . import facts


def observe() -> dict[str, Any]:
    """Look at the project as it is configured now, and at its database."""
    found: dict[str, Any] = {'fault': '', 'database': 'none', 'reason': '', 'place': ''}
    found['unapplied'] = []
    try:
        import django
        from django.core import management

        django.setup()
        management.call_command('check', stdout=io.StringIO(), stderr=io.StringIO())
        served = importlib.import_module(facts.current().wsgi_module)
        if not callable(getattr(served, 'application', None)):
            raise RuntimeError(f'"{served.__name__}" has no application')
    except (Exception, SystemExit) as error:
        return {**found, 'fault': cause(error)}
    return {**found, **_database()}


def _database() -> dict[str, Any]:
    from django import db
    from django.db.migrations import executor

    default: Any = db.connections['default']
    if not default.settings_dict.get('NAME'):
        return {'reason': 'there is none'}
    try:
        default.ensure_connection()
        session = default.connection.info
        plan = executor.MigrationExecutor(default)
        steps = plan.migration_plan(plan.loader.graph.leaf_nodes())
    except db.Error as error:
        from . import databases

        is_readable = databases.has_standby()
        return {'database': 'read-only' if is_readable else 'none', 'reason': cause(error)}
    except Exception as error:
        return {'database': 'read-write', 'fault': f'its migrations: {cause(error)}'}
    names = [f'{migration.app_label}.{migration.name}' for migration, _ in steps]
    place = f'{session.host}:{session.port}'
    return {'database': 'read-write', 'place': place, 'unapplied': names}


def cause(error: BaseException) -> str:
    """Return the line of an error that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # Django's checks put a headline first, and what matters below it.
    text = next((line for line in lines if line.startswith('?:') or '(' in line), '')
    return f'{type(error).__name__}: {text or (lines or ["no reason given"])[0]}'[:300]
