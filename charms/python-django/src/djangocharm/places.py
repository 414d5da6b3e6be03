"""Where a unit keeps its things, all below its charm's folder: they go when the unit goes."""

from __future__ import annotations

import dataclasses
import os
import pwd
import shutil
from pathlib import Path

USER = 'www-data'
"""Who runs the site's code where we are root: Debian and Ubuntu always have this user."""


@dataclasses.dataclass(frozen=True)
class Places:
    """The folders and files of one unit."""

    charm: Path
    """The charm's own folder."""

    @property
    def site(self) -> Path:
        """What the charm brings for the site: the guest book and what goes around a project."""
        return self.charm / 'site'

    @property
    def var(self) -> Path:
        """What the unit made."""
        return self.charm / 'var'

    @property
    def facts(self) -> Path:
        """What a running site reads, its password too."""
        return self.var / 'site.json'

    @property
    def candidate(self) -> Path:
        """The same before it was tried."""
        return self.var / 'candidate.json'

    @property
    def tried(self) -> Path:
        """What was tried last and found good, and what was seen."""
        return self.var / 'tried'

    @property
    def accepted(self) -> Path:
        """Which code runs: the last that was tried and found good."""
        return self.var / 'accepted.json'


def account() -> pwd.struct_passwd | None:
    """Return the site's user, None where its code runs as ourselves."""
    return pwd.getpwnam(USER) if os.geteuid() == 0 else None


def write(path: Path, text: str) -> None:
    """Replace a file that only we and the site's user may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix('.new')
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), 'w') as file:
        user = account()
        if user is not None:
            os.fchown(file.fileno(), 0, user.pw_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> str:
    """Return what a file says, nothing if there is none."""
    return path.read_text() if path.is_file() else ''


def keep_only(folder: Path, names: set[str]) -> None:
    """Remove what is in *folder* but not among *names*."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)
