"""What is to be served: the application's bag, and the charm's options where it says nothing.

Source: the gunicorn charm of 2013, whose keys and options these are.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MODULE = re.compile(r'[A-Za-z_][\w.]*(:[A-Za-z_][\w.()]*)?', re.ASCII)
_LEVELS = ('debug', 'info', 'warning', 'error', 'critical')
_NUMBERS = {
    'wsgi_workers': (0, 1024),
    'wsgi_worker_connections': (1, 1_000_000),
    'wsgi_max_requests': (0, 1_000_000_000),
    'wsgi_backlog': (1, 65535),
    'wsgi_timeout': (0, 86400),
    'wsgi_keep_alive': (0, 86400),
    'port': (1, 65535),
}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One application, ready to be served.

    Attributes:
        folder: Where it starts.
        python_path: Where it imports from, the first first.
        application: ``module:name``, or a module whose ``application`` it is.
        address: Where to listen.
        settings: Gunicorn's own settings, by their names.
        extra: Further arguments of the command line.
        stamp: The application's word that changes when it wants a reload.
    """

    folder: str
    python_path: tuple[str, ...]
    application: str
    address: str
    port: int
    settings: Mapping[str, Any]
    extra: tuple[str, ...]
    stamp: str

    @property
    def bind(self) -> str:
        """Address and port in one word."""
        host = f'[{self.address}]' if ':' in self.address else self.address
        return f'{host}:{self.port}'


def read(bag: Mapping[str, str], config: Mapping[str, Any], cores: int) -> Wanted | list[str]:
    """Return what is to be served, or all the faults of the bag and the options.

    Args:
        bag: What the application's unit says.
        config: The charm's options, of the same names.
        cores: The machine's.
    """

    def value(name: str) -> str:
        # An empty value in a bag is no value: Juju deletes the key.
        return str(bag.get(name) or config.get(name, '')).strip()

    faults: list[str] = []
    numbers: dict[str, int] = {}
    for name, (least, most) in _NUMBERS.items():
        text = value(name)
        if re.fullmatch(r'\d{1,10}', text) and least <= int(text) <= most:
            numbers[name] = int(text)
        else:
            faults.append(f'{name}: "{text[:20]}" is not a number from {least} to {most}')
    if not re.fullmatch(r'[0-7]{1,4}', value('wsgi_umask')):
        faults.append(f'wsgi_umask: "{value("wsgi_umask")[:20]}" is not an octal number')
    if value('wsgi_log_level') not in _LEVELS:
        faults.append(f'wsgi_log_level: not one of {", ".join(_LEVELS)}')
    if not _MODULE.fullmatch(value('wsgi_wsgi_file')):
        faults.append(f'wsgi_wsgi_file: "{value("wsgi_wsgi_file")[:40]}" is no module')
    if not Path(value('working_dir') or 'none').is_absolute():
        faults.append('working_dir: not an absolute path')
    try:
        ipaddress.ip_address(value('listen_ip'))
    except ValueError:
        faults.append(f'listen_ip: "{value("listen_ip")[:40]}" is not an address')
    variables = _words('env_extra', value('env_extra'), faults)
    extra = _words('wsgi_extra', value('wsgi_extra'), faults)
    if wrong := [word for word in variables if not re.match(r'[A-Za-z_]\w*=', word)]:
        faults.append(f'env_extra: "{wrong[0].partition("=")[0][:20]}" is not NAME=value')
    if faults:
        return faults
    settings = {
        'workers': numbers['wsgi_workers'] or cores + 1,
        'worker_class': value('wsgi_worker_class'),
        'worker_connections': numbers['wsgi_worker_connections'],
        'max_requests': numbers['wsgi_max_requests'],
        'backlog': numbers['wsgi_backlog'],
        'timeout': numbers['wsgi_timeout'],
        'keepalive': numbers['wsgi_keep_alive'],
        'umask': int(value('wsgi_umask'), 8),
        'errorlog': value('wsgi_log_file'),
        'loglevel': value('wsgi_log_level'),
        'accesslog': value('wsgi_access_logfile') or None,
        **(
            {'access_log_format': value('wsgi_access_logformat')}
            if value('wsgi_access_logformat')
            else {}
        ),
        'user': value('wsgi_user'),
        'group': value('wsgi_group'),
        'raw_env': variables,
    }
    return Wanted(
        folder=value('working_dir'),
        python_path=tuple(filter(None, value('python_path').split(':'))),
        application=value('wsgi_wsgi_file'),
        address=value('listen_ip'),
        port=numbers['port'],
        settings=settings,
        extra=tuple(extra),
        stamp=value('wsgi_timestamp'),
    )


def _words(name: str, text: str, faults: list[str]) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        faults.append(f'{name}: {str(error).lower()}')
        return []


def render(wanted: Wanted, pid: Path, ready: Path, *, is_root: bool) -> str:
    """Return gunicorn's configuration file.

    Args:
        wanted: What is to be served.
        pid: Where the master writes its process id.
        ready: A file of the workers' user, into which each writes when it can serve.
        is_root: Whether the workers can get another user.

    Workers, and not the master, get the application's import path: so a reload changes it, and
    what an application brings never runs as the master's user.
    Source: gunicorn's documentation, "Settings".
    """
    settings = {
        **wanted.settings,
        'bind': [wanted.bind],
        'chdir': wanted.folder,
        'wsgi_app': wanted.application,
        'pidfile': str(pid),
        'graceful_timeout': 30,
        'control_socket_disable': True,
    }
    if not is_root:
        settings = {key: value for key, value in settings.items() if key not in ('user', 'group')}
    lines = [
        '# Written by the gunicorn charm.',
        'import sys',
        *(f'{name} = {value!r}' for name, value in settings.items()),
        f'# stamp {wanted.stamp!r}',
        'def post_fork(server, worker):',
        f'    sys.path[:0] = {list(wanted.python_path)!r}',
        'def post_worker_init(worker):',
        f'    with open({str(ready)!r}, "w") as file:',
        '        file.write("1")',
    ]
    return '\n'.join(lines) + '\n'
