"""A unit's progress as JSON and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .. import model

_SETS = ('storage', 'removed_revisions')


def local_to_json(local: model.LocalState) -> str:
    """Return *local* as compact JSON with what differs from the beginning only."""
    fresh = model.LocalState()
    saved: dict[str, Any] = {}
    for field in dataclasses.fields(local):
        value = getattr(local, field.name)
        if value == getattr(fresh, field.name):
            continue
        if field.name in _SETS:
            value = sorted(value)
        elif isinstance(value, model.Hook):
            value = dataclasses.asdict(value)
        elif field.name == 'relations':
            value = {str(key): dataclasses.asdict(seen) for key, seen in value.items()}
        saved[field.name] = value
    return json.dumps(saved, separators=(',', ':'))


def local_from_json(text: str) -> model.LocalState:
    """Return what :func:`local_to_json` wrote."""
    saved: dict[str, Any] = json.loads(text)
    for name in _SETS:
        if name in saved:
            saved[name] = frozenset(saved[name])
    for name in ('queued', 'pending'):
        if name in saved:
            saved[name] = model.Hook(**saved[name])
    if 'relations' in saved:
        saved['relations'] = {
            int(key): model.RelationState(**seen) for key, seen in saved['relations'].items()
        }
    return model.LocalState(**saved)


def running_to_json(running: model.Running) -> str:
    """Return *running* as JSON."""
    return json.dumps(dataclasses.asdict(running), separators=(',', ':'))


def running_from_json(text: str) -> model.Running:
    """Return what :func:`running_to_json` wrote."""
    saved = json.loads(text)
    if saved['hook'] is not None:
        saved['hook'] = model.Hook(**saved['hook'])
    return model.Running(**saved)
