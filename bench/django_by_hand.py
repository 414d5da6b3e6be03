"""The guest book without us: PostgreSQL, Django and gunicorn, set up by hand.

The same packages in the same versions, the same pages and as many workers; one PostgreSQL that is
reached without TLS, and nothing that would notice its loss.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path

import measure

ADDRESS = '127.7.7.8'
PORT = 8080

_CHARMS = measure.ROOT / 'charms'
_PASSWORD = 'by-hand'
_SETTINGS = """\
from guestbook.settings import *
SECRET_KEY = 'by hand'
ALLOWED_HOSTS = ['*']
MIDDLEWARE.insert(1, 'whitenoise.middleware.WhiteNoiseMiddleware')
STATIC_ROOT = 'static'
DATABASES = {{'default': {{
    'ENGINE': 'django.db.backends.postgresql',
    'NAME': 'postgres', 'USER': 'postgres', 'PASSWORD': '{password}',
    'HOST': '{address}', 'PORT': '5432', 'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': True,
}}}}
"""


def _run(folder: Path, *command: str | Path, user: str | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8', **_outside()},
        capture_output=True,
        text=True,
        user=user,
    )
    if done.returncode:
        raise SystemExit(f'{command} failed:\n{done.stdout}{done.stderr}')


def _outside() -> dict[str, str]:
    """Return what installers must know, and that uv downloads as it does for the charm: afresh."""
    known = {name: value for name, value in os.environ.items() if name.lower().endswith('_proxy')}
    return {**known, 'UV_NO_CACHE': '1', 'UV_SYSTEM_CERTS': 'true'}


def answers(url: str) -> bool:
    """Tell whether the page is there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def site() -> Generator[dict[str, float], None, None]:
    """Set all up, and give the seconds of each step; needs root, as installing anything does."""
    folder = Path(tempfile.mkdtemp(prefix='by-hand-', dir='/var/tmp'))
    folder.chmod(0o755)
    steps: dict[str, float] = {}

    @contextlib.contextmanager
    def step(name: str) -> Generator[None, None, None]:
        begin = time.monotonic()
        yield
        steps[name] = time.monotonic() - begin

    programs = max(Path('/usr/lib/postgresql').glob('*/bin'))
    database = folder / 'database'
    database.mkdir()
    (database / 'password').write_text(_PASSWORD)
    shutil.chown(database, 'postgres')
    python = folder / 'env/bin/python'
    server: subprocess.Popen[bytes] | None = None
    try:
        with step('PostgreSQL'):
            _run(
                *(database, programs / 'initdb', '-D', database / 'data', '--data-checksums'),
                *('--auth=scram-sha-256', f'--pwfile={database}/password', '--encoding=UTF8'),
                user='postgres',
            )
            options = f'-c listen_addresses={ADDRESS} -c unix_socket_directories={database}'
            control = (programs / 'pg_ctl', '-D', database / 'data', '--log', database / 'log')
            _run(database, *control, '--options', options, 'start', user='postgres')
        with step('packages'):
            uv = Path(sys.executable).with_name('uv')
            shutil.copytree(_CHARMS / 'python-django/site', folder / 'site')
            lock = (_CHARMS / 'gunicorn/requirements.txt').read_text().splitlines()
            gunicorn = next(line.split()[0] for line in lock if line.startswith('gunicorn=='))
            _run(folder, uv, 'venv', '--quiet', '--python', '/usr/bin/python3', 'env')
            install = (uv, 'pip', 'install', '--quiet', '--python', python, '--compile-bytecode')
            _run(folder, *install, '-r', folder / 'site/requirements.txt')
            _run(folder, *install, gunicorn)
        with step('Django'):
            settings = _SETTINGS.format(password=_PASSWORD, address=ADDRESS)
            (folder / 'site/by_hand.py').write_text(settings)
            manage = ('env', 'DJANGO_SETTINGS_MODULE=by_hand', python, 'manage.py')
            for words in (('migrate',), ('collectstatic', '--noinput')):
                _run(folder / 'site', *manage, *words)
        with step('gunicorn'):
            workers = len(os.sched_getaffinity(0)) + 1
            server = subprocess.Popen(
                [
                    *(python, '-m', 'gunicorn', '--workers', str(workers)),
                    *('--bind', f'{ADDRESS}:{PORT}', '--env', 'DJANGO_SETTINGS_MODULE=by_hand'),
                    *('--user', 'www-data', '--group', 'www-data', 'guestbook.wsgi'),
                ],
                cwd=folder / 'site',
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while not answers(f'http://{ADDRESS}:{PORT}/'):
                time.sleep(0.02)
        yield steps
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        with contextlib.suppress(SystemExit):  # it may never have started
            data = database / 'data'
            _run(database, programs / 'pg_ctl', '-D', data, '-m', 'fast', 'stop', user='postgres')
        shutil.rmtree(folder)
