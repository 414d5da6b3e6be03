"""A bundle's document becomes a bundle that can be done, with options typed by their charms."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from .. import constraints, errors, wire
from ..bundle import present, spec, verify
from ..charm import metadata
from ..state import fullbundle, storage
from . import server


def read(document: wire.Json, emit: server.Emit) -> spec.Bundle:
    """Return the verified bundle; fields that mean nothing are told as a warning.

    Raises:
        Error: With everything that is wrong.
    """
    bundle, faults, unknown = spec.read(document)
    faults = faults or verify.faults(bundle, storage.directive)
    if faults:
        raise errors.Error('the provided bundle has the following errors:\n' + '\n'.join(faults))
    for text in unknown:
        emit({'progress': f'WARNING {text}; it is ignored'})
    return dataclasses.replace(
        bundle,
        applications={
            name: dataclasses.replace(
                each, constraints=constraints.text(constraints.parse([each.constraints]))
            )
            for name, each in bundle.applications.items()
        },
    )


def with_options(bundle: spec.Bundle, options: Mapping[str, wire.Json]) -> spec.Bundle:
    """Return the bundle with other options, by application."""
    return dataclasses.replace(
        bundle,
        applications={
            name: dataclasses.replace(each, options=options.get(name, each.options))
            for name, each in bundle.applications.items()
        },
    )


def completed(
    bundle: spec.Bundle, there: present.Model, charms: Mapping[str, metadata.Charm]
) -> spec.Bundle:
    """Return the bundle as it is deployed: typed options, and the charms that are there.

    Of a local charm nobody can tell whether it is newer: that of the model stays, as in Juju.

    Args:
        bundle: What was read.
        there: The model.
        charms: The charms that are known, by application.

    Raises:
        Error: If an application's charm can't have what the bundle asks for.
    """
    options: dict[str, wire.Json] = {}
    kept: dict[str, spec.Application] = {}
    for name, each in bundle.applications.items():
        now = there.applications.get(name)
        if name in charms:
            _check_subordinate(name, each, charms[name])
            options[name] = fullbundle.typed_options(charms[name], name, each.options)
        if now is not None and each.charm.startswith('/'):
            each = dataclasses.replace(each, charm=now.charm)
        kept[name] = each
    return with_options(dataclasses.replace(bundle, applications=kept), options)


def _check_subordinate(name: str, wanted: spec.Application, charm: metadata.Charm) -> None:
    if charm.subordinate and wanted.to:
        raise errors.Error(f'application "{name}" is subordinate but specifies unit placement')
    if charm.subordinate and wanted.num_units:
        raise errors.Error(f'application "{name}" is subordinate but has non-zero num_units')
