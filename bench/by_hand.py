"""What a user would do without us: initdb, etcd and Patroni by hand, to the first accepted write.

Run as root or as an ordinary user, with a Python that has Patroni and psycopg. Patroni's own
sample settings (ttl 30, loop_wait 10), no TLS, data checksums as the charm has them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg

_CONFIG = """\
scope: by-hand
name: one
restapi: {{listen: '{address}:{rest}', connect_address: '{address}:{rest}'}}
etcd3: {{host: '{address}:{etcd}'}}
bootstrap:
  dcs: {{ttl: 30, loop_wait: 10, retry_timeout: 10}}
  initdb: [{{encoding: UTF8}}, data-checksums, {{locale: C.UTF-8}}]
postgresql:
  listen: '{address}:{port}'
  connect_address: '{address}:{port}'
  bin_dir: '{bin_dir}'
  data_dir: '{folder}/data'
  pgpass: '{folder}/pgpass'
  parameters: {{unix_socket_directories: '{folder}'}}
  authentication:
    superuser: {{username: postgres, password: by-hand}}
    replication: {{username: replicator, password: by-hand}}
"""


def _free_ports(address: str, count: int) -> list[int]:
    sockets = [socket.create_server((address, 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a program, as ``postgres`` where we are root: PostgreSQL refuses that."""
    user = 'postgres' if os.geteuid() == 0 else None
    with open(folder / 'log', 'ab') as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, user=user, group=user)


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Generator[None, None, None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def seconds() -> float:
    """Return the seconds from the first command to the first accepted write."""
    bin_dir = max(Path('/usr/lib/postgresql').glob('*/bin'))
    address = '127.7.7.7'
    rest, etcd, peer, port = _free_ports(address, 4)
    folder = Path(tempfile.mkdtemp(prefix='by-hand-'))
    if os.geteuid() == 0:
        shutil.chown(folder, 'postgres', 'postgres')
    (folder / 'patroni.yml').write_text(
        _CONFIG.format(
            address=address, rest=rest, etcd=etcd, port=port, bin_dir=bin_dir, folder=folder
        )
    )
    (folder / 'patroni.yml').chmod(0o644)
    try:
        begin = time.monotonic()
        store = _start(
            [
                'etcd',
                f'--data-dir={folder}/etcd',
                f'--listen-client-urls=http://{address}:{etcd}',
                f'--advertise-client-urls=http://{address}:{etcd}',
                f'--listen-peer-urls=http://{address}:{peer}',
                f'--initial-advertise-peer-urls=http://{address}:{peer}',
                f'--initial-cluster=default=http://{address}:{peer}',
            ],
            folder,
        )
        with _ended(store):
            while not _serves(address, etcd):
                time.sleep(0.05)
            patroni = _start(
                [sys.executable, '-m', 'patroni', str(folder / 'patroni.yml')], folder
            )
            with _ended(patroni):
                _write(f'host={address} port={port} user=postgres password=by-hand')
                return time.monotonic() - begin
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serves(address: str, port: int) -> bool:
    """Tell whether etcd has agreed on its cluster version: Patroni exits before that."""
    answer = subprocess.run(
        ['curl', '-sf', f'http://{address}:{port}/version'], capture_output=True, check=False
    )
    return answer.returncode == 0 and b'not_decided' not in answer.stdout


def _write(conninfo: str) -> None:
    """Write one row, as soon as the server takes it."""
    deadline = time.monotonic() + 120
    while True:
        try:
            with psycopg.connect(conninfo, connect_timeout=2, autocommit=True) as connection:
                connection.execute('CREATE TABLE first (n int)')
                connection.execute('INSERT INTO first VALUES (1)')
                return
        except psycopg.Error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == '__main__':
    print(f'{seconds():.2f}')
