"""Run the migrations, one application at a time: ``python -m juju_site.migrate``.

Two applications that share a database have a leader each. Both may want to migrate at once, so an
advisory lock of PostgreSQL lets one wait for the other, which then finds nothing left to do.
"""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import sys
from typing import Any

LOCK = 0x646A616E676F
"""Any number that others don't use: "django" in ASCII."""


def migrate() -> None:
    """Apply what is not applied yet, under the lock."""
    import django
    from django import db
    from django.core import management

    django.setup()
    holder: Any = db.connections['default'].copy('default')
    try:
        with holder.cursor() as cursor:
            cursor.execute('SELECT pg_advisory_lock(%s)', [LOCK])
            management.call_command('migrate', interactive=False, verbosity=1)
    finally:
        holder.close()


if __name__ == '__main__':
    try:
        migrate()
    except Exception as error:
        first = (str(error).strip().splitlines() or ['no reason given'])[0]
        sys.exit(f'{type(error).__name__}: {first}')
