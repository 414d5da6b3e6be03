"""The README's promise: its commands work on a machine that has nothing installed.

``./test`` itself, which it also shows, would run this test in there again, and is left out. The
machine is booted with systemd, so what follows is that the services live and end by it.
"""

from __future__ import annotations

import os
from pathlib import Path

import documents
import fresh_machine
import pytest

# Gunicorn as a service: a reload keeps its process and drops nobody, a `kill -9` is mended, and
# what is removed is gone.
_SITE = (
    './solo deploy python-django && ./solo deploy gunicorn',
    './solo add-relation python-django pg-a:db && ./solo add-relation python-django gunicorn',
    './solo wait-for application python-django',
    'address=$(./solo exec --unit python-django/0 "unit-get private-address")',
    'page() { python3 -c "import urllib.request as u; u.urlopen(\'http://$address:8080/\')"; }',
    'main() { systemctl show --value --property=MainPID "gunicorn-gunicorn-0-*"; }',
    'page && before=$(main) && test "$before" -gt 1',
    '(while page; do :; done; touch /root/dropped) & visitor=$!',
    './solo config gunicorn wsgi_workers=5',
    'timeout 120 sh -c \'until ./solo status | grep "5 workers"; do sleep 1; done\'',
    'kill "$visitor" && test ! -e /root/dropped && test "$(main)" = "$before"',
    'systemctl kill --kill-whom=all --signal=KILL "gunicorn-gunicorn-0-*"',
    'for _ in $(seq 100); do page 2>/dev/null && break; sleep 0.5; done; page',
    './solo remove-application python-django gunicorn --no-prompt --wait',
    '! find /etc/systemd/system /run -name "gunicorn-*" | grep .',
)

# After a `kill -9` of everything but the machine PostgreSQL is back; removed, nothing is left.
_SERVICES = (
    'test "$(systemctl list-units --no-legend --state=active "pgcharm-pg-a-0-*" | wc -l)" = 3',
    'systemctl kill --kill-whom=all --signal=KILL "pgcharm-pg-a-0-*"',
    "timeout 120 sh -c 'until ./solo run pg-a/0 show-cluster | grep running; do sleep 1; done'",
    './solo remove-application pg-a --destroy-storage --no-prompt --wait',
    '! grep --extended-regexp "^(postgres|etcd|patroni)$" /proc/[0-9]*/comm',
    '! find /etc/systemd/system /run/pgcharm -name "*pg-a*" | grep .',
    '! find /var/lib/solo/storage /var/lib/solo/machines -mindepth 1 | grep .',
)


def test_the_commands_of_the_readme_work_on_a_fresh_machine(repository: Path):
    obstacle = fresh_machine.obstacle()
    if obstacle and os.environ.get('CI') != 'true':
        pytest.skip(obstacle)
    assert not obstacle
    readme = (repository / 'README.md').read_text()
    commands = [line for line in documents.commands(readme) if line.split()[0] != './test']

    result = fresh_machine.run(repository, [*commands, *_SITE, *_SERVICES], timeout=900)

    print(result.output)
    assert commands, 'the README shows no command'
    assert result.code == 0
