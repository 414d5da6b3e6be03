"""Write the pages of the reference that say what the code says already: ``./test docs``.

With ``--check`` nothing is written; the exit code is 1 when a page is not what it would be now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NOTE = '<!-- Written by docs/reference/generate.py: change the source, then run "./test docs". -->'

sys.path.insert(0, str(REPOSITORY / 'src'))


def charm(folder: Path) -> Iterator[str]:
    """Yield the page of one charm: its options, actions, relations and storage."""
    import yaml

    described: Mapping[str, Any] = yaml.safe_load((folder / 'charmcraft.yaml').read_text())
    yield f'# The charm {described["name"]}'
    yield NOTE
    yield str(described['description']).strip()
    options = described.get('config', {}).get('options', {})
    if options:
        yield '## Options'
        yield from (_option(name, option) for name, option in options.items())
    actions = described.get('actions', {})
    if actions:
        yield '## Actions'
        for name, action in actions.items():
            yield f'**`{name}`** {_line(action)}'
            parameters = action.get('params', {})
            if parameters:
                yield '\n'.join(
                    f'* `{parameter}` ({about.get("type", "string")}): {_line(about)}'
                    for parameter, about in parameters.items()
                )
    for title, ends in (('Provides', 'provides'), ('Requires', 'requires')):
        if described.get(ends):
            yield f'## {title}'
            yield '\n'.join(
                f'* `{name}`, interface `{end["interface"]}`' + _after(end)
                for name, end in described[ends].items()
            )
    if described.get('storage'):
        yield '## Storage'
        yield '\n'.join(
            f'* `{name}` ({store["type"]}){_after(store)}'
            for name, store in described['storage'].items()
        )


def _option(name: str, option: Mapping[str, Any]) -> str:
    default = option.get('default')
    shown = '' if default in (None, '') else ', default `' + json.dumps(default).strip('"') + '`'
    return f'**`{name}`** ({option["type"]}{shown}) {_line(option)}'


def _line(described: Mapping[str, Any]) -> str:
    return ' '.join(str(described.get('description', '')).split())


def _after(described: Mapping[str, Any]) -> str:
    line = _line(described)
    return f': {line}' if line else ''


def hook_commands() -> Iterator[str]:
    """Yield the page of the commands that a hook may call, from the table that reads them."""
    from solo.hookcmds import table

    yield '# Hook commands'
    yield NOTE
    yield (
        'What a hook, an action or a `juju-exec` finds on its PATH; `<command> --help` prints '
        'the same. Exit codes: 0, 1 it failed, 2 it was asked wrongly. What is written counts '
        'when the hook succeeds, except for status, logs and what `action-set` says.'
    )
    for name, tool in sorted(table.TOOLS.items()):
        command = tool.command
        usage = ' '.join(filter(None, (name, '[options]' if command.flags else '', command.args)))
        yield f'## {name}'
        yield command.summary
        yield f'```\n{usage}\n```'
        if command.details:
            yield command.details.strip()
        if command.flags:
            yield '\n'.join(
                f'* {", ".join(_dashed(each) for each in flag.names)}: {flag.help}'
                for flag in command.flags
            )


def _dashed(name: str) -> str:
    return f'`-{name}`' if len(name) == 1 else f'`--{name}`'


def pages() -> dict[Path, str]:
    """Return every generated page and its content."""
    from solo.cli import docs

    found = {
        HERE / 'command-line.md': docs.text(),
        HERE / 'hook-commands.md': '\n\n'.join(hook_commands()) + '\n',
    }
    for metadata in sorted((REPOSITORY / 'charms').glob('*/charmcraft.yaml')):
        path = HERE / f'charm-{metadata.parent.name}.md'
        found[path] = '\n\n'.join(charm(metadata.parent)) + '\n'
    return found


def main(arguments: list[str]) -> int:
    """Write the pages, or name those that are no longer true."""
    stale = {
        path: text
        for path, text in pages().items()
        if not path.exists() or path.read_text() != text
    }
    if '--check' in arguments:
        for path in stale:
            print(f'{path.relative_to(REPOSITORY)} is not true any more; run "./test docs"')
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_text(text)
        print(path.relative_to(REPOSITORY))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
