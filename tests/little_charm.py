"""Charms of a few lines, written where a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def make(
    folder: Path,
    *,
    hooks: Mapping[str, str] | None = None,
    actions: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Path:
    """Write a charm and return its folder; what was there before is overwritten.

    Args:
        folder: Where.
        hooks: Shell scripts by hook.
        actions: Shell scripts by action.
        options: ``options`` of its config.
        files: Other files by path.
        metadata: The rest of ``metadata.yaml``; the name is ``little`` unless said.
    """
    written = {'name': 'little', 'summary': 'A test charm.', 'description': '-', **metadata}
    wanted = {
        'metadata.yaml': yaml.safe_dump(written),
        'config.yaml': yaml.safe_dump({'options': dict(options or {})}),
        'actions.yaml': yaml.safe_dump({name: {'description': name} for name in actions or {}}),
        **(files or {}),
    }
    scripts = {
        **{f'hooks/{name}': text for name, text in {'install': 'true', **(hooks or {})}.items()},
        **{f'actions/{name}': text for name, text in (actions or {}).items()},
    }
    for name, text in wanted.items():
        _write(folder / name, text)
    for name, text in scripts.items():
        _write(folder / name, f'#!/bin/bash -e\n{text}\n')
        (folder / name).chmod(0o755)
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
