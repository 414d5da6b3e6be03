"""What the documents promise: the commands that they show and the paths that they name.

A command is a line that begins with ``$ `` in a ``console`` block; what follows it up to the next
one is what a reader sees, and is not compared. A trailing backslash continues it on the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def blocks(markdown: str, language: str = 'console') -> Iterator[str]:
    """Yield the contents of the fenced blocks of one language."""
    for match in re.finditer(rf'^```{language}\n(.*?)^```$', markdown, re.MULTILINE | re.DOTALL):
        yield match[1]


def commands(markdown: str) -> list[str]:
    """Return the commands that *markdown* shows, in their order.

    Raises:
        ValueError: If an indented ``$`` line stands outside of a ``console`` block, where nothing
            would run it.
    """
    found: list[str] = []
    for block in blocks(markdown):
        found += re.findall(r'^\$ ((?:.*\\\n)*.*)$', block, re.MULTILINE)
    if stray := re.search(r'^ +\$ .*$', markdown, re.MULTILINE):
        raise ValueError(f'not in a console block: "{stray[0].strip()}"')
    return found


def paths(markdown: str) -> list[str]:
    """Return the paths of the repository that *markdown* names.

    Those in backticks that have a slash (``src/solo/wire.py``), and those that begin an indented
    line of a tree, with their description two blanks or more to the right. What begins with ``/``,
    ``./``, ``~`` or ``$`` lies elsewhere. ``<verb>`` or ``*`` stands for many: the folder before
    it is named.
    """
    quoted = re.findall(r'`([\w.<*][\w./<>*-]*/[\w./<>*-]*)`', markdown)
    listed = re.findall(r'^ {4}([\w.][\w./-]*) {2,}\S', markdown, re.MULTILINE)
    found = [re.sub(r'/?[^/]*[<*].*', '', name) for name in quoted]
    return [name for name in [*found, *listed] if name and not name.startswith('./')]


def links(markdown: str) -> list[str]:
    """Return the targets of the links that lead to files, without their fragments."""
    targets = re.findall(r'\]\(([^)\s]+)\)', markdown)
    return [target.partition('#')[0] for target in targets if not re.match(r'[a-z]+:|#', target)]
