"""What the parts of a ``charmcraft.yaml`` ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from solo import errors
from solo.charm import archive, parts


def charm(folder: Path, files: dict[str, str] | None = None, **unified: Any) -> parts.Wanted:
    (folder / 'charmcraft.yaml').write_text(yaml.safe_dump({'name': 'x', **unified}))
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return parts.read(folder)


def test_a_charm_without_parts_has_its_requirements_file(tmp_path: Path):
    assert charm(tmp_path, {'requirements.txt': 'ops'}) == parts.Wanted(
        files=('requirements.txt',)
    )


def test_an_empty_requirements_file_needs_no_environment(tmp_path: Path):
    assert charm(tmp_path, {'requirements.txt': '# nothing\n\n'}).is_empty


def test_the_plugin_charm_takes_files_packages_and_what_libraries_need(tmp_path: Path):
    wanted = charm(
        tmp_path,
        {
            'a.txt': 'ops',
            'b.txt': 'six==1 --hash=sha256:00',
            'lib/charms/some/v0/one.py': 'LIBAPI = 0\nPYDEPS = ["pydantic>=2", "cosl"]\n',
            'lib/charms/some/v1/two.py': 'PYDEPS = [\n    "cosl",\n]\n',
            'lib/charms/some/v1/odd.py': 'PYDEPS = [compute()]\n',
        },
        parts={
            'charm': {
                'charm-requirements': ['a.txt', 'b.txt'],
                'charm-python-packages': ['wheel'],
                'charm-binary-python-packages': ['psycopg-binary', 'Six'],
                'charm-entrypoint': 'src/main.py',
            }
        },
    )

    assert wanted.files == ('a.txt', 'b.txt')
    assert wanted.packages == ('wheel', 'pydantic>=2', 'cosl', 'psycopg-binary')
    assert wanted.entrypoint == 'src/main.py'


def test_locks_are_left_to_their_tools(tmp_path: Path):
    wanted = charm(
        tmp_path,
        {'uv.lock': '', 'sub/poetry.lock': ''},
        parts={
            'one': {'plugin': 'uv', 'uv-extras': ['fast'], 'uv-groups': ['charm']},
            'two': {'plugin': 'poetry', 'source': 'sub', 'poetry-with': ['a', 'b']},
        },
    )

    assert wanted.locks == (
        parts.Lock('uv', '.', ('--extra=fast', '--group=charm')),
        parts.Lock('poetry', 'sub', ('--with=a,b',)),
    )


def test_the_plugin_python_names_its_files(tmp_path: Path):
    wanted = charm(
        tmp_path,
        {'needs/all.txt': 'ops'},
        parts={
            'py': {
                'plugin': 'python',
                'source': 'needs',
                'python-requirements': ['all.txt'],
                'python-packages': ['six'],
            }
        },
    )

    assert (wanted.files, wanted.packages) == (('needs/all.txt',), ('six',))


def test_dumped_folders_and_nil_parts(tmp_path: Path):
    wanted = charm(
        tmp_path,
        {'extra/file': ''},
        parts={'files': {'plugin': 'dump', 'source': 'extra'}, 'none': {'plugin': 'nil'}},
    )

    assert wanted == parts.Wanted(dumps=(parts.Dump('extra'),))


def test_what_is_not_done_is_said(tmp_path: Path):
    wanted = charm(
        tmp_path,
        {'lib/charms/here/v0/lib.py': ''},
        parts={'made': {'plugin': 'nil', 'override-build': 'make'}},
        **{'charm-libs': [{'lib': 'here.lib', 'version': '0.3'}, {'lib': 'not-there.x'}]},
    )

    assert wanted.warnings == (
        '"lib/charms/not_there/v0/x.py" is missing; "charmcraft fetch-libs" gets it',
        'the override-build of part "made" is not run here',
    )


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({'x': {'plugin': 'rust'}}, 'its part "x" needs the plugin "rust"'),
        ({'x': {'plugin': 'uv'}}, 'needs "uv.lock"; run "uv lock"'),
        ({'charm': {'charm-requirements': ['no.txt']}}, 'there is no "no.txt"'),
    ],
)
def test_what_cannot_be_built_is_refused(tmp_path: Path, given: dict[str, Any], message: str):
    with pytest.raises(errors.Error, match=message):
        charm(tmp_path, parts=given)


def test_source_that_charms_share_is_part_of_each(tmp_path: Path):
    shared, folder = tmp_path / 'shared', tmp_path / 'charm'
    for name in ('src/common/one.py', 'src/common/own/two.py', 'src/common/old.py', 'src/main.py'):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (shared / name).write_text(name)
    folder.mkdir()
    part = {'plugin': 'dump', 'source': '../shared', 'stage': ['src/common', '-src/*/old.py']}
    (dump,) = charm(folder, parts={'common': part}).dumps

    before = archive.digest(folder, parts.beside(folder))
    (shared / 'src/common/one.py').write_text('changed')

    expected = [Path('src/common/one.py'), Path('src/common/own/two.py')]
    assert sorted(dump.files(folder)) == expected
    assert archive.digest(folder, parts.beside(folder)) != before
