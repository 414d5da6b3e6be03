"""The site's code, looked at and run: always in its own environment, as its own user."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import errors, places

SETTINGS = 'juju_site.settings'
_PREPARE_SECONDS = 120
MIGRATE_SECONDS = 240
"""How long migrations may take in a hook; the action ``migrate`` has no limit."""

_FRESH_SECONDS = 10.0
"""How long a look at a database counts: the events of one relation come together."""


@dataclasses.dataclass(frozen=True)
class Code:
    """Which code runs, and how.

    Attributes:
        folder: The project's.
        python_path: Where it imports from, the first first.
        python: The environment's interpreter.
        settings_module: The project's own settings.
        wsgi_module: What the server runs.
        static: The folder of collected static files.
    """

    folder: str
    python_path: tuple[str, ...]
    python: str
    settings_module: str
    wsgi_module: str
    static: str


@dataclasses.dataclass(frozen=True)
class Seen:
    """What :mod:`juju_site.prepare` says."""

    fault: str
    database: str
    reason: str
    unapplied: tuple[str, ...]
    place: str = ''
    failure: str = ''


@dataclasses.dataclass(frozen=True)
class Look:
    """A look that found nothing wrong.

    Attributes:
        stamp: What was looked at.
        at: When, in seconds since 1970.
        seen: What was seen.
    """

    stamp: str
    at: float
    seen: Seen

    def still_counts(self, stamp: str, now: float, *, has_database: bool) -> bool:
        """Tell whether another look, which takes a second, would show the same."""
        if self.stamp != stamp:
            return False
        is_done = self.seen.database == 'read-write' and not self.seen.unapplied
        return not has_database or (is_done and 0 <= now - self.at < _FRESH_SECONDS)


def last_look(path: Path) -> Look | None:
    """Return the look that was remembered at *path*; None if there is none to be read."""
    try:
        content: dict[str, Any] = json.loads(places.read(path))
        return Look(content['stamp'], content['at'], _seen(content['seen']))
    except (ValueError, TypeError, KeyError):
        return None


def remember(path: Path, look: Look) -> None:
    """Keep a look for the next hooks."""
    places.write(path, json.dumps(dataclasses.asdict(look)))


def _seen(content: Mapping[str, Any]) -> Seen:
    return Seen(**{**content, 'unapplied': tuple(content['unapplied'])})


def load(path: Path) -> Code | None:
    """Return the code that was accepted; None if none was."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    content['python_path'] = tuple(content['python_path'])
    return Code(**content)


def accept(where: places.Places, code: Code) -> None:
    """Remember that *code* is good, and remove what is older than the code before it.

    That one may still be served until the server has heard of the new one.
    """
    before = load(where.accepted)
    if before != code:
        places.write(where.accepted, json.dumps(dataclasses.asdict(code)))
    used = {
        part
        for each in (before or code, code)
        for path in (*each.python_path, each.python, each.folder, each.static)
        for part in Path(path).parts
    }
    for name in ('envs', 'projects', 'static'):
        places.keep_only(where.var / name, used)


def environment(facts: Path) -> dict[str, str]:
    """Return the variables in which the site's code runs."""
    return {
        'DJANGO_SETTINGS_MODULE': SETTINGS,
        'JUJU_SITE_FACTS': str(facts),
    }


def run(
    code: Code,
    facts: Path,
    *arguments: str,
    seconds: float | None,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the site's Python with *arguments*, in the project's folder.

    Raises:
        Error: If it takes longer than *seconds*.
    """
    user = places.account()
    identity: dict[str, Any] = (
        {} if user is None else {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
    )
    try:
        return subprocess.run(
            [code.python, *arguments],
            cwd=code.folder,
            env={
                'PATH': os.defpath,
                'LANG': 'C.UTF-8',
                'PYTHONPATH': ':'.join(code.python_path),
                'PYTHONDONTWRITEBYTECODE': '1',
                **environment(facts),
                **(more or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            **identity,
        )
    except subprocess.TimeoutExpired:
        raise errors.Error(f'"{arguments[-1]}" took longer than {seconds:g} s') from None


def prepare(code: Code, facts: Path, *, migrates: bool) -> Seen:
    """Look at the project and its database, and make ready what is not.

    Static files are collected once per code.

    Args:
        code: The project.
        facts: What it is to run with.
        migrates: Whether migrations that wait are applied.
    """
    target = Path(code.static)
    collects = not (target / '.complete').exists()  # which says that all is there
    if collects:
        target.mkdir(parents=True, exist_ok=True)
        user = places.account()
        if user is not None:
            os.chown(target, user.pw_uid, user.pw_gid)
    words = ['--collect'] * collects + ['--migrate'] * migrates
    seconds = _PREPARE_SECONDS + (MIGRATE_SECONDS if migrates else 0)
    try:
        done = run(code, facts, '-m', 'juju_site.prepare', *words, seconds=seconds)
    except errors.Error:
        more = ': run the action "migrate"' if migrates else ''
        return Seen(f'it took longer than {seconds} s{more}', 'none', '', ())
    try:
        return _seen(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError, KeyError):
        lines = done.stderr.strip().splitlines() or [f'it exited {done.returncode}']
        return Seen(lines[-1], 'none', '', ())


def migrate(code: Code, facts: Path, seconds: float | None) -> str:
    """Apply the migrations that wait, and return what was said.

    Raises:
        Error: If they fail or take too long, with the reason.
    """
    try:
        done = run(code, facts, '-m', 'juju_site.migrate', seconds=seconds)
    except errors.Error:
        raise errors.Error(
            f'migrations took longer than {seconds:g} s: run the action "migrate"'
        ) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ['no reason given']
        raise errors.Error(f'migrations failed: {lines[-1]}')
    return done.stdout
