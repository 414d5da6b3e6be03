"""``diff-bundle``: what differs between a bundle and the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...bundle import diff
from ...state import applications, charms, fullbundle, models
from .. import bundles, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the differences of ``bundle``, with ``machines`` as the operator maps them."""
    bundle = bundles.read(params['bundle'], emit)
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        there = fullbundle.model(tx, model['id'])
        known = {
            name: charms.get(tx, applications.find(tx, model['id'], name)['charm'])
            for name in bundle.applications
            if name in there.applications
        }
        options = {
            name: fullbundle.typed_options(known[name], name, each.options)
            for name, each in bundle.applications.items()
            if name in known
        }
    typed = bundles.with_options(bundle, options)
    return diff.diff(typed, there, wire.mapping(params, 'machines'))
