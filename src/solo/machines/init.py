"""Process 1 of a namespace machine: a program of its own, which outlives the controller.

It makes the machine's view of the file system, tells that it has, and from then on only reaps.
Two processes begin: the outer one is told in JSON what to make, starts the inner one in new
namespaces, writes down which that is, and ends. Until then each dies with the one before it, so
that a machine is either written down or not there.

Source: namespaces(7), pid_namespaces(7), pivot_root(2), mount(2), prctl(2), and the kernel's
Documentation/filesystems/overlayfs.rst.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any, NoReturn

_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS: only the inner one's, the other still looks at the host
_NEW_OTHERS = 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000  # CLONE_NEWUTS, IPC, PID, NET
_READ_ONLY, _NO_SUID, _NO_DEV, _NO_EXEC = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 32, 4096, 16384, 1 << 18
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_TMPFILES = ('systemd-tmpfiles', '--create', '--boot', '--prefix=/run')
_NOT_MADE = ('--exclude-prefix=/run/systemd', '--exclude-prefix=/run/nologin')
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Be the outer process."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    _check(_libc.unshare(_NEW_OTHERS), 'make namespaces')
    ready, told = os.pipe()
    go, gone = os.pipe()
    inner = os.fork()
    if inner == 0:
        os.close(ready)
        os.close(gone)
        _inner(spec, told, go)
    os.close(told)
    os.close(go)
    # Whoever started us holds the other end of our standard input: its end is the machine's.
    waiting = select.poll()
    for descriptor in (0, ready):
        waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    events = [descriptor for descriptor, _ in waiting.poll()]
    if 0 in events or not os.read(ready, 1):
        os.kill(inner, signal.SIGKILL)
        sys.exit(1)
    _write_down(spec, inner)
    os.write(gone, b'g')


def _inner(spec: dict[str, Any], told: int, go: int) -> NoReturn:
    _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    try:
        _build(spec)
    except Exception as error:
        print(f'cannot boot: {error}', file=sys.stderr, flush=True)
        os._exit(1)
    os.write(told, b'r')
    if not os.read(go, 1):
        os._exit(1)
    _libc.prctl(_DIE_WITH_PARENT, 0, 0, 0, 0)
    nothing = os.open('/dev/null', os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    os.closerange(3, 256)
    _reap()


def _build(spec: dict[str, Any]) -> None:
    """Make the machine's root and enter it: the host's files, copied when they are written."""
    _check(_libc.unshare(_NEW_MOUNTS), 'make a namespace of mounts')
    socket.sethostname(spec['hostname'])
    _mount(None, '/', flags=_RECURSIVE | _PRIVATE)
    root: str = spec['root']
    for place, (upper, work) in sorted(spec['layers'].items()):
        options = {'lowerdir': place, 'upperdir': upper, 'workdir': work}
        text = ','.join(f'{name}={_escaped(path)}' for name, path in options.items())
        _mount('overlay', root + place, 'overlay', data=f'{text},index=off,redirect_dir=on')
    for place, source in spec['own'].items():
        os.makedirs(root + place, exist_ok=True)
        _mount(source, root + place, flags=_BIND)
    _mount('/dev', f'{root}/dev', flags=_BIND | _RECURSIVE)
    _mount('tmpfs', f'{root}/dev/shm', 'tmpfs', _NO_SUID | _NO_DEV, 'mode=1777')  # noqa: S108  # its own
    _mount('devpts', f'{root}/dev/pts', 'devpts', _NO_SUID | _NO_EXEC, 'newinstance,ptmxmode=0666')
    _mount('proc', f'{root}/proc', 'proc', _NO_SUID | _NO_DEV | _NO_EXEC)
    _mount('sysfs', f'{root}/sys', 'sysfs', _NO_SUID | _NO_DEV | _NO_EXEC | _READ_ONLY)
    _mount('tmpfs', f'{root}/run', 'tmpfs', _NO_SUID | _NO_DEV, 'mode=0755')
    os.mkdir(f'{root}/run/lock')
    os.chmod(f'{root}/run/lock', 0o1777)
    os.makedirs(root + spec['data'], exist_ok=True)
    _mount(spec['data'], root + spec['data'], flags=_BIND)
    _mount(spec['boot_id'], f'{root}/proc/sys/kernel/random/boot_id', flags=_BIND)
    for path, text in spec['files'].items():
        _write(root + path, text)
    for path, text in spec['programs'].items():
        _write(root + path, text)
        os.chmod(root + path, 0o755)
    os.chdir(root)
    _run('pivot_root', '.', '.')
    _run('umount', '--lazy', '.')
    os.chdir('/')
    # What a boot makes in /run for packages that were installed before, such as /run/postgresql.
    _run(*_TMPFILES, *_NOT_MADE, is_needed=False)


def _reap() -> NoReturn:
    """Take the ends of all processes that nobody else waits for, as process 1 has to."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        signal.sigwait({signal.SIGCHLD})


def _write_down(spec: dict[str, Any], inner: int) -> None:
    with open(f'/proc/{inner}/stat', encoding='utf-8', errors='replace') as file:
        started = float(file.read().rpartition(')')[2].split()[19])
    record = {'pid': inner, 'started': started, 'host': spec['host'], 'boot': spec['boot']}
    path = f'{spec["folder"]}/boot.json'
    with open(f'{path}.new', 'w', encoding='utf-8') as file:
        json.dump({**record, 'time': time.time()}, file)
    os.rename(f'{path}.new', path)


def _write(path: str, text: str) -> None:
    """Write a file of the machine's own in place of what is there, which may be a link."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def _run(*argv: str, is_needed: bool = True) -> None:
    env = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LANG': 'C.UTF-8'}
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        if is_needed:
            raise
        return
    if done.returncode and is_needed:
        raise OSError(f'{argv[0]}: {done.stderr.strip()}')


def _mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str = ''
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    done = _libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(data) if data else None)
    _check(done, f'mount {kind or source or "private"} at {target}')


def _escaped(path: str) -> str:
    """Return *path* for an option of overlayfs, where these signs have a meaning."""
    return ''.join(f'\\{sign}' if sign in '\\,:' else sign for sign in path)


def _check(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f'{what}: {os.strerror(code)}')


if __name__ == '__main__':
    main()
