"""The charm's options as typed values, with all their faults at once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

_MODULE = re.compile(r'[A-Za-z_]\w*(\.[A-Za-z_]\w*)*', re.ASCII)
_DATABASE = re.compile(r'[^\x00-\x1f\x7f]{0,63}')


@dataclasses.dataclass(frozen=True)
class Options:
    """What the operator wants; see ``charmcraft.yaml``."""

    port: int
    settings_module: str
    wsgi_module: str
    requirements: str
    allowed_hosts: tuple[str, ...]
    debug: bool
    database: str
    read_from_standbys: bool
    faults: tuple[str, ...]
    """Why it can't be done, an option each; empty when all is well."""


def read(config: Mapping[str, Any]) -> Options:
    """Return the options; a faulty one is named in :attr:`Options.faults`."""
    port = int(config['site-port'])
    modules = {name: str(config[name]).strip() for name in ('settings-module', 'wsgi-module')}
    hosts = tuple(filter(None, (host.strip() for host in str(config['allowed-hosts']).split(','))))
    database = str(config['database']).strip()
    faults: list[str] = []
    if not 1 <= port <= 65535:
        faults.append(f'site-port: {port} is not a port, 1 to 65535')
    for name, module in modules.items():
        if module and not _MODULE.fullmatch(module):
            faults.append(f'{name}: "{module[:40]}" is not the name of a module, like "mysite.x"')
    if not hosts:
        faults.append('allowed-hosts: names nobody; "*" is any host')
    if not _DATABASE.fullmatch(database):
        faults.append('database: not a name of at most 63 characters')
    return Options(
        port=port,
        settings_module=modules['settings-module'],
        wsgi_module=modules['wsgi-module'],
        requirements=str(config['requirements']).strip(),
        allowed_hosts=hosts,
        debug=bool(config['debug']),
        database=database,
        read_from_standbys=bool(config['read-from-standbys']),
        faults=tuple(faults),
    )
