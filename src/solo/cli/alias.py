"""``alias``: another name for solo on the PATH, such as ``juju`` for scripts that call that."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'alias',
    '<name>',
    """\
    solo alias juju           scripts, jubilant and fingers that say "juju" mean solo
    solo alias juju --remove

The link lies in /usr/local/bin for root, else in ~/.local/bin, or in --dir. What is there and is
not a link to solo stays as it is.""",
    flags.Flag(('dir',), help='The folder for the link'),
    flags.Flag(('remove',), 'bool', help='Remove the link again'),
    model=False,
)


def run(session: session.Session) -> int:
    """Make or remove the link, and say where it is."""
    name, *_ = session.parsed.at_most(1)
    if not name or '/' in name:
        raise errors.UsageError('no name specified' if not name else f'invalid name "{name}"')
    link = folder(session.flags['dir']) / name
    launcher = _launcher()
    is_ours = link.is_symlink() and Path(os.readlink(link)).name == 'solo'
    if os.path.lexists(link) and not is_ours:
        raise errors.Error(f'cannot make "{link}": something else is there; move it away first')
    try:
        if session.flags['remove']:
            link.unlink(missing_ok=True)
            session.say(f'"{name}" means solo no longer')
            return 0
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f'.{name}.new')
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(launcher)
        fresh.replace(link)
    except OSError as error:
        raise errors.Error(f'cannot make "{link}": {error.strerror}; try --dir') from error
    session.say(f'"{name}" means solo: {link} leads to {launcher}')
    found = shutil.which(name)
    if found is None or Path(found).resolve() != launcher.resolve():
        other = f'"{found}" comes first' if found else 'its folder is not there'
        session.say(f'It is not what the PATH finds: {other}; put "{link.parent}" in front')
    return 0


def folder(given: str) -> Path:
    """Return where the link goes."""
    if given:
        return Path(os.path.abspath(os.path.expanduser(given)))
    return Path('/usr/local/bin') if os.geteuid() == 0 else Path.home() / '.local' / 'bin'


def _launcher() -> Path:
    """Return what starts solo: the clone's launcher, else the installed program."""
    clone = Path(__file__).resolve().parents[3] / 'solo'
    if clone.is_file():
        return clone
    found = shutil.which('solo')
    if found is None:
        raise errors.Error('cannot find the program "solo" on the PATH')
    return Path(found)
