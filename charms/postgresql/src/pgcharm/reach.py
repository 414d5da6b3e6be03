"""Whether the services' user gets to the unit's files: each folder above them has a say."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from . import layout


def may_enter(folder: Path) -> bool:
    """Ask the kernel whether the services' user may pass through *folder*; it knows of ACLs too.

    Before the package made that user, nobody can tell: no.
    """
    user = layout.service_user()
    if user is None:
        return True
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return False
    return not subprocess.run(
        ['/usr/bin/test', '-x', str(folder)],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        check=False,
    ).returncode


def closed_folder(
    paths: Iterable[Path], may_enter: Callable[[Path], bool] = may_enter
) -> Path | None:
    """Return the first folder on the way to *paths* that is closed to the services' user.

    Args:
        paths: Folders, each of which it has to reach.
        may_enter: Asked about those alone that are not open to everybody.

    Source: path_resolution(7): every folder on the way must be searchable.
    """
    for path in paths:
        whole = path.resolve()
        for folder in (*reversed(whole.parents), whole):
            if not folder.stat().st_mode & 0o001 and not may_enter(folder):
                return folder
    return None
