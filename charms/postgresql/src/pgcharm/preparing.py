"""What every unit needs before it runs anything: agreement, packages, ports, a certificate."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator

from . import desired, layout, observed, ports, steps, volume

_FIRST_PORTS = ports.Ports(postgresql=5432, patroni=8008, etcd_client=2379, etcd_peer=2380)

_USABLE = (volume.Content.EMPTY, volume.Content.OURS, volume.Content.FORMER)


def obstacle(wanted: desired.Desired, seen: observed.Observed) -> str:
    """Return why the storage cannot be used, for an operator; empty when it can."""
    if seen.closed is not None:
        user = layout.POSTGRES_USER
        return f'user "{user}" cannot enter {seen.closed}; run "chmod o+x {seen.closed}"'
    found = seen.volume
    if found.content is volume.Content.FOREIGN:
        return f'storage is not empty ({found.reason}); attach an empty one'
    if found.content is volume.Content.DAMAGED:
        return f'storage is damaged ({found.reason}); repair it or attach another'
    if found.content is not volume.Content.FORMER or found.marker is None:
        return ''
    marker = found.marker
    if wanted.peers.units:
        return f'storage has data of {marker.unit}, and there are other units; attach an empty one'
    if marker.left_others:
        return f'{marker.unit} left while others went on: its data are old; attach another storage'
    version = str(wanted.options.get('version') or '')
    if version not in ('', marker.version):
        return f'storage has data of PostgreSQL {marker.version}, not {version}; change "version"'
    return ''


def agreeing(wanted: desired.Desired) -> Iterator[steps.Step]:
    """What the units have to agree on before anything is made."""
    peers = wanted.peers
    if wanted.is_leader and peers.secrets is None:
        yield steps.MakeSecrets(wanted.places.scope)
    if wanted.is_leader and _needs_founder(wanted):
        yield steps.NameFounder()
    # The leader itself finds the secret by its label; alone, it spares Juju a hook.
    if wanted.is_leader and peers.units and not peers.is_told:
        yield steps.ShareSecret()


def _needs_founder(wanted: desired.Desired) -> bool:
    """Tell whether the unit that was named went, all others with it, and we are new.

    All units that there shall be are counted, so that none is overlooked that comes late.
    """
    bootstrap = wanted.peers.bootstrap
    return (
        wanted.planned_units == len(wanted.peers.units) + 1
        and wanted.peers.is_related
        and bool(bootstrap)
        and bootstrap not in (wanted.unit, *wanted.peers.units)
        and not wanted.has_cluster
    )


def preparing(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """What every unit needs, whatever its role: packages, ports, folders, a certificate."""
    if seen.missing:
        yield steps.Install(seen.missing)
    if obstacle(wanted, seen) or seen.volume.content not in _USABLE:
        return
    options = wanted.parse(seen.accepted, seen.parameters).config
    # Before PostgreSQL is there, nobody knows its parameters.
    if options != seen.accepted and not seen.missing:
        yield steps.Accept(options)
    secrets = wanted.peers.secrets
    addresses = wanted.addresses
    if secrets is None or addresses is None or seen.missing:
        return
    if seen.ports is None:
        first = dataclasses.replace(_FIRST_PORTS, postgresql=options.listen_port)
        yield steps.AllocatePorts(addresses.own, first)
    marker = volume.Marker(wanted.unit, secrets.token, seen.version)
    if seen.volume.marker != marker:
        is_ours = seen.volume.content is volume.Content.OURS
        may_adopt = wanted.makes_cluster and wanted.peers.is_related
        if seen.volume.content is volume.Content.FORMER and not may_adopt:
            # Whether there are others is not known before there is a peer relation.
            return
        yield steps.Claim(marker, forget_etcd=not is_ours)
    certificate = seen.certificate
    if certificate is None or not certificate.is_good(
        addresses.names, secrets.ca_certificate, now
    ):
        yield steps.IssueCertificate(addresses.names, secrets.ca_certificate, secrets.ca_key)
