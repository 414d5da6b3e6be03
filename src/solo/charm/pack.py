"""Make a ``.charm`` that Juju 3.6 accepts, where ``charmcraft`` can't run.

Every member has its place (contract section 7). The wheels of the charm's requirements lie in
``venv/lib/pythonX.Y/site-packages`` for the Python of each base, and of this machine; the one
that runs it finds its own.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import errors, juju
from . import archive, environment, loading, metadata, parts, prepare

_PYTHONS = {
    '20.04': '3.8',
    '22.04': '3.10',
    '24.04': '3.12',
    '24.10': '3.12',
    '25.04': '3.13',
    '25.10': '3.13',
    '26.04': '3.14',
}
_NEWEST = '24.04'  # what a charm that says nothing of bases is packed for
_TIME = (1980, 1, 1, 0, 0, 0)  # the same charm gives the same file
# Source: Python documentation, venv: this file makes the folder an environment, apart from the
# distribution's own packages.
_ENVIRONMENT = 'home = /usr/bin\ninclude-system-site-packages = false\n'
_LEFT_OUT = frozenset(
    (
        'charmcraft.yaml',
        'requirements.in',
        'tox.ini',
        'pyproject.toml',
        'uv.lock',
        'poetry.lock',
        '.gitignore',
        'tests',
    )
)


def pack(folder: Path, out: Path, progress: Callable[[str], None]) -> Path:
    """Pack the charm in *folder* into a file in *out*, and return its path.

    Args:
        folder: The charm's source.
        out: An existing folder.
        progress: Called with a line for people when something takes time.

    Raises:
        Error: If the charm is broken, *out* is no folder, or a requirement has no wheel.
    """
    if not out.is_dir():
        raise errors.Error(f'cannot pack into "{out}": there is no such folder')
    charm = metadata.read(folder)
    bases = bases_of(folder)
    with tempfile.TemporaryDirectory(prefix='solo-pack-') as name:
        staged = Path(name)
        for file in archive.files(folder):
            if file.parts[0] not in _LEFT_OUT or file.name == 'charmcraft.yaml':
                (staged / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(folder / file, staged / file, follow_symlinks=False)
        prepare.split(staged)
        (staged / 'charmcraft.yaml').unlink(missing_ok=True)
        _write_manifest(staged, bases)
        wanted = parts.read(folder)
        for warning in wanted.warnings:
            progress(f'charm "{charm.name}": {warning}')
        prepare.dump(folder, staged, wanted)
        with tempfile.TemporaryDirectory(prefix='solo-lock-') as logs:
            text = environment.requirements(folder, wanted, charm.name, Path(logs))
        if text.strip():
            for version in sorted({*(_PYTHONS[base] for base in bases), _own_python()}):
                progress(f'collecting the wheels for Python {version}')
                target = staged / 'venv' / 'lib' / f'python{version}' / 'site-packages'
                environment.collect(text, folder, charm.name, target, version)
            (staged / 'venv' / 'pyvenv.cfg').write_text(_ENVIRONMENT)
        prepare.add_dispatch(staged, wanted.entrypoint)
        path = out / f'{charm.name}_ubuntu-{"-".join(bases)}-{juju.ARCHITECTURE}.charm'
        progress(f'writing {path.name}')
        _write(staged, path)
    return path


def bases_of(folder: Path) -> list[str]:
    """Return the Ubuntu releases that ``charmcraft.yaml`` names, else the newest that we know.

    Raises:
        Error: If one is not known.
    """
    unified = loading.mapping(folder, 'charmcraft.yaml') or {}
    platforms: Any = unified.get('platforms') or {}
    text = f'{[*platforms] if isinstance(platforms, dict) else ""} '  # of each, its name alone
    text += str(unified.get('bases') or unified.get('base'))
    found = sorted(set(re.findall(r'\b(\d\d\.\d\d)\b', text)))
    unknown = [base for base in found if base not in _PYTHONS]
    if unknown:
        raise errors.Error(f'cannot pack for ubuntu {", ".join(unknown)}: its Python is not known')
    return found or [_NEWEST]


def _own_python() -> str:
    done = subprocess.run(
        [
            environment.PYTHON,
            '-ISc',
            'import sys; print("%d.%d" % sys.version_info[:2])',
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _write_manifest(staged: Path, bases: list[str]) -> None:
    """Say on which bases the charm runs: Juju refuses a charm without."""
    lines = ['bases:']
    for base in bases:
        lines += [
            '- name: ubuntu',
            f"  channel: '{base}'",
            f'  architectures: [{juju.ARCHITECTURE}]',
        ]
    (staged / 'manifest.yaml').write_text('\n'.join(lines) + '\n')


def _write(staged: Path, path: Path) -> None:
    fresh = path.with_suffix('.new')
    with zipfile.ZipFile(fresh, 'w', zipfile.ZIP_DEFLATED, compresslevel=6) as charm:
        for file in sorted(each for each in staged.rglob('*') if not each.is_dir()):
            if file.suffix == '.pyc':
                continue
            mode = file.lstat().st_mode
            member = zipfile.ZipInfo(str(file.relative_to(staged)), _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            if stat.S_ISLNK(mode):
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
                charm.writestr(member, str(file.readlink()))
            else:
                bits = 0o755 if mode & 0o100 else 0o644
                member.external_attr = (stat.S_IFREG | bits) << 16
                charm.writestr(member, file.read_bytes())
    fresh.rename(path)
