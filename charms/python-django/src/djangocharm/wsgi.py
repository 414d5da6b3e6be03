"""What the site says to its server and to proxies before it.

Source: the python-django and gunicorn charms of 2013, whose keys these are.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, cast

from . import places, site


def stamp(code: site.Code, facts: Mapping[str, Any], port: int, databases: Any = None) -> str:
    """Return a word that changes whenever running workers must be replaced.

    Not when only the database changes: workers read that anew at each request.

    Args:
        code: What they run.
        facts: What they read.
        port: Where they listen.
        databases: Settings that shall count too.
    """
    slow = {
        name: value
        for name, value in facts.items()
        if name not in ('databases', 'places', 'states')
    }
    text = json.dumps([repr(code), slow, port, databases], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bag(
    code: site.Code, where: places.Places, address: str, port: int, stamp: str
) -> dict[str, str]:
    """Return the unit's bag of the relation ``wsgi``; the server's options fill in the rest."""
    variables = site.environment(where.facts)
    return {
        'working_dir': code.folder,
        'python_path': ':'.join(code.python_path),
        'wsgi_wsgi_file': code.wsgi_module,
        'env_extra': ' '.join(f'{name}={shlex.quote(value)}' for name, value in variables.items()),
        'listen_ip': address,
        'port': str(port),
        'wsgi_timestamp': stamp,
    }


def answers(address: str, port: int, unit: str) -> bool:
    """Tell whether *unit*'s site is what answers there."""
    host = f'[{address}]' if ':' in address else address
    try:
        with urllib.request.urlopen(f'http://{host}:{port}/health', timeout=5) as reply:
            found: Any = json.load(reply)
    except urllib.error.HTTPError as error:
        try:
            found = json.load(error)  # 503: it serves, the database doesn't
        except ValueError:
            return False
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and cast('dict[str, Any]', found).get('unit') == unit
