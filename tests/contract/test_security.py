"""Who can read what: files, sockets, other units' contexts; and names that reach no shell."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from own import Own

AS_NOBODY = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
SECRET = 'correct-horse-battery'

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='becomes another user')


@pytest.fixture
def two(own: Own, charms: Path) -> Own:
    """A solo with the units a/0 and b/0 on machines of their own."""
    own.do('deploy', charms / 'tracer', 'a')
    own.do('deploy', charms / 'tracer', 'b')
    own.wait_idle('a/0', 'b/0')
    return own


def on_hook(script: str) -> str:
    return 'on-hook=' + json.dumps({'config-changed': script})


def test_databases_sockets_and_logs_are_their_owners_alone(two: Own):
    loose: list[str] = []
    for path in two.data.rglob('*'):
        mode = path.lstat().st_mode
        is_private = path.name.startswith('solo.db') or path.suffix == '.log'
        if (is_private or stat.S_ISSOCK(mode)) and mode & 0o077:
            loose.append(f'{stat.filemode(mode)} {path}')

    assert loose == []
    assert stat.S_IMODE(two.data.stat().st_mode) == 0o711
    for folder in two.data.glob('machines/*/*'):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o711


@needs_root
def test_another_user_neither_lists_nor_asks(two: Own):
    listed = subprocess.run(
        [*AS_NOBODY, 'ls', two.data, *two.data.glob('machines/*/*')],
        capture_output=True,
        text=True,
        check=False,
    )
    read = subprocess.run(
        [*AS_NOBODY, 'cat', two.data / 'solo.db', two.data / 'solo.db-wal'],
        capture_output=True,
        check=False,
    )

    assert listed.stdout == ''
    assert read.stdout == b''


def test_a_hook_cannot_use_the_context_of_another_one(two: Own):
    """It even has the id and the socket: they are in the environment of the other one."""
    gate = two.data / 'gate'
    two.do('config', 'a', on_hook(f'while [ ! -e {gate} ]; do sleep 0.1; done'))
    victim = two.running_hook('a/0')['env']
    stolen = ' '.join(
        f'{name}={victim[name]}'
        for name in ('JUJU_CONTEXT_ID', 'JUJU_AGENT_SOCKET_ADDRESS', 'JUJU_UNIT_NAME')
    )

    two.do('config', 'b', on_hook(f'{stolen} config-get number >out 2>&1; :'), '--wait')
    gate.touch()

    (out,) = two.data.glob('machines/*/*/agents/unit-b-0/charm/out')
    assert 'is not of this context' in out.read_text()
    two.wait_idle('a/0')


def test_an_id_that_was_made_up_opens_nothing(two: Own):
    two.do(
        'config', 'a', on_hook('JUJU_CONTEXT_ID=a/0-x-0 config-get number >out 2>&1; :'), '--wait'
    )

    (out,) = two.data.glob('machines/*/*/agents/unit-a-0/charm/out')
    assert out.read_text() == 'ERROR bad request: wrong context ID; got "a/0-x-0"\n'


def test_secrets_are_in_no_log_and_no_command_line_of_ours(two: Own):
    """The charm gives it in a file; another unit without a grant is refused."""
    script = (
        f'echo -n {SECRET[:7]}{SECRET[7:]} >s; secret-add password#file=s >id; '
        'secret-get $(cat id) password >again'
    ).replace(SECRET, f'{SECRET[:7]}"{SECRET[7:]}"')
    two.do('config', 'a', on_hook(script), '--wait')
    (identity,) = two.data.glob('machines/*/*/agents/unit-a-0/charm/id')
    assert (identity.parent / 'again').read_text().strip() == SECRET

    two.do(
        'config', 'b', on_hook(f'secret-get {identity.read_text().strip()} >out 2>&1; :'), '--wait'
    )

    (out,) = two.data.glob('machines/*/*/agents/unit-b-0/charm/out')
    assert 'permission denied' in out.read_text()
    log = two.do('debug-log', '--replay', '--no-tail', '--limit', '10000', '--level', 'TRACE')
    assert SECRET not in log
    assert SECRET not in (two.data / 'controller.log').read_text()
    lines = [
        path.read_bytes()
        for path in Path('/proc').glob('[0-9]*/cmdline')
        if path.exists() and path.parent.name != str(os.getpid())
    ]
    assert not [line for line in lines if SECRET.encode() in line]


@pytest.mark.parametrize(
    'words',
    [
        ('deploy', '{tracer}', 'a;touch {mark}'),
        ('deploy', '{tracer}', '$(touch {mark})'),
        ('add-model', 'm`touch {mark}`'),
        ('add-unit', 'a', '--to', '0;touch {mark}'),
        ('remove-unit', 'a/0;touch {mark}'),
        ('ssh', 'a/0;touch {mark}', 'true'),
        ('run', 'a/0', 'x;touch {mark}'),
    ],
)
def test_a_name_never_reaches_a_shell(
    own: Own, charms: Path, tmp_path: Path, words: tuple[str, ...]
):
    mark = tmp_path / 'mark'

    done = own(*(word.format(tracer=charms / 'tracer', mark=mark) for word in words))

    assert done.returncode in (1, 2)
    assert done.stderr.startswith('ERROR ')
    assert 'Traceback' not in done.stderr
    assert not mark.exists()


def test_a_value_with_a_shells_words_is_a_value(two: Own, tmp_path: Path):
    mark = tmp_path / 'mark'
    value = f'"; touch {mark}; $(touch {mark}) `touch {mark}` \''

    two.do('config', 'a', f'text={value}', '--wait')
    ran = two('run', 'a/0', 'touch', 'name=--x;y', '--format', 'json')

    assert two.do('config', 'a', 'text') == f'{value}\n'
    assert json.loads(ran.stdout)['a/0']['results']['touched'] == '--x;y'
    assert not mark.exists()
