"""``controller``: the process behind all this, which other verbs start by themselves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .. import errors, folders, wire
from . import session, table

COMMAND = table.command(
    'controller',
    'run|stop|status|enable',
    """\
run     run it in the foreground, until it is told to stop
stop    stop it when no hook runs; the services of charms live on
status  tell whether it runs
enable  start it at boot, under systemd""",
    model=False,
)
_UNIT = """\
[Unit]
Description=solo, the controller of {data}
After=network-online.target
Wants=network-online.target

[Service]
Environment={environment}
ExecStart={command}
# The services of charms, and hooks that still run, are not ours to end.
KillMode=process
TimeoutStopSec=infinity
Restart=on-failure

[Install]
WantedBy={target}
"""


def run(session: session.Session) -> int:
    """Do what is asked with the process."""
    what, *_ = session.parsed.at_most(1)
    actions = {'run': _run, 'stop': _stop, 'status': _status, '': _status, 'enable': _enable}
    if what not in actions:
        raise errors.UsageError(f'unrecognized command: controller {what}')
    return actions[what](session)


def unit_file() -> Path:
    """Return where systemd looks for the service: the system's for root, else the user's."""
    if os.geteuid() == 0:
        return Path('/etc/systemd/system/solo.service')
    return Path(os.path.expanduser('~/.config/systemd/user/solo.service'))


def disable() -> None:
    """Take the service away again, if it is this data directory's."""
    path = unit_file()
    if not path.exists() or f'controller of {folders.data()}\n' not in path.read_text():
        return
    _systemctl('disable', path.name)
    path.unlink(missing_ok=True)
    _systemctl('daemon-reload')


def _run(session: session.Session) -> int:
    from ..controller import process

    data = folders.data()
    running = process.pid(data)
    if running is not None:
        raise errors.Error(f'the controller of "{data}" runs already, process {running}')
    session.say(f'The controller of {data} runs; Ctrl-C stops it.')
    return process.run(data)


def _stop(session: session.Session) -> int:
    from ..controller import process

    was_running = process.stop(folders.data())
    session.say('The controller has stopped.' if was_running else 'The controller does not run.')
    return 0


def _status(session: session.Session) -> int:
    from ..controller import process

    data = folders.data()
    running = process.pid(data)
    if running is None:
        session.write(f'The controller of {data} does not run; any command starts it.\n')
        return 1
    found = wire.call(folders.socket(data), 'controller_info', {})
    session.write(
        f'The controller of {data} runs: process {running}, for {_span(found["uptime"])}, '
        f'{found["memory"] / 2**20:.0f} MiB, models: {_models(found["models"])}\n'
    )
    return 0


def _enable(session: session.Session) -> int:
    from ..controller import process

    if not os.path.isdir('/run/systemd/system'):
        raise errors.Error(
            'cannot start the controller at boot: systemd does not run this machine; '
            'start "solo controller run" from what does'
        )
    data, path = folders.data(), unit_file()
    root = os.geteuid() == 0
    text = _UNIT.format(
        data=data,
        environment=_quoted(f'SOLO_DATA={data}'),
        command=' '.join(_quoted(word) for word in process.command('run', str(data))),
        target='multi-user.target' if root else 'default.target',
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise errors.Error(f'cannot write "{path}": {error.strerror}') from error
    _systemctl('daemon-reload')
    _systemctl('enable', path.name)
    session.say(f'The controller of {data} starts at boot: {path}')
    if not root:
        session.say('Without a login it does so only after: loginctl enable-linger')
    return 0


def _systemctl(*words: str) -> None:
    scope = [] if os.geteuid() == 0 else ['--user']
    done = subprocess.run(
        ['systemctl', *scope, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise errors.Error(f'systemctl {" ".join(words)} failed: {done.stderr.strip()}')


def _quoted(word: str) -> str:
    """Return *word* as systemd.service(5) reads it back."""
    escaped = word.replace('\\', '\\\\').replace('"', '\\"').replace('%', '%%')
    return f'"{escaped.replace("$", "$$")}"'


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f'{hours} h {minutes} min'
    return f'{minutes} min {rest} s' if minutes else f'{rest} s'


def _models(models: object) -> str:
    if isinstance(models, int):
        return str(models)
    return ', '.join(map(str, models)) if models else 'none'  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportArgumentType]  # a list from JSON
