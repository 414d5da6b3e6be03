"""Decide what to do: from what is wanted and what is, a pure function.

The plan goes as far as what is known carries; after its steps the world is looked at again and
another plan is made, until one is empty. Whatever depends on what this hook generates waits for
a later hook, because it is read from what Juju had committed when this one began.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from . import (
    access,
    database,
    desired,
    etcd,
    layout,
    memory,
    observed,
    patroni,
    ports,
    services,
    serving,
    steps,
    volume,
)
from .clients import answers, grants, rules

_FIRST_PORTS = ports.Ports(postgresql=5432, patroni=8008, etcd_client=2379, etcd_peer=2380)

_USABLE = (volume.Content.EMPTY, volume.Content.OURS, volume.Content.FORMER)


def plan(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> tuple[steps.Step, ...]:
    """Return the next steps; none when all is as wanted.

    Args:
        wanted: What shall be.
        seen: What is.
        now: The time.
    """
    if wanted.is_leaving or seen.volume.content is volume.Content.ABSENT:
        return tuple(_leaving(wanted, seen))
    if has_left(wanted, seen):
        return ()
    return (*_agreeing(wanted), *_preparing(wanted, seen, now), *_running(wanted, seen, now))


def has_left(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit said goodbye on its storage, which was not attached again since."""
    marker = seen.volume.marker
    return (
        seen.volume.content is volume.Content.OURS
        and marker is not None
        and bool(marker.left)
        and not wanted.is_arriving
    )


def is_on_its_way(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the server was started and will be the primary if all goes well."""
    return (
        wanted.makes_cluster
        and not wanted.is_leaving
        and 'patroni' in seen.services.digests
        and (seen.database is None or not seen.database.is_primary)
    )


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


def _leaving(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    marker = seen.volume.marker
    if seen.volume.content is not volume.Content.OURS:
        marker = None
    if marker is not None and not marker.left:
        is_primary = seen.patroni is not None and seen.patroni.is_primary
        marker = dataclasses.replace(
            marker,
            left='primary' if is_primary or not wanted.peers.units else 'standby',
            left_others=bool(wanted.peers.units),
        )
        yield steps.Leave(marker, seen.binaries.pg_bin_dir if seen.binaries else None)
    elif seen.services.digests or seen.ports:
        yield steps.Leave(None, None)


def _agreeing(wanted: desired.Desired) -> Iterator[steps.Step]:
    """What the units have to agree on before anything is made."""
    peers = wanted.peers
    if wanted.is_leader and peers.secrets is None:
        yield steps.MakeSecrets(wanted.places.scope)
    # The leader itself finds the secret by its label; alone, it spares Juju a hook.
    if wanted.is_leader and peers.units and not peers.is_told:
        yield steps.ShareSecret()


def _preparing(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """What every unit needs, whatever its role: packages, ports, folders, a certificate."""
    if seen.missing:
        yield steps.Install(seen.missing)
    if obstacle(wanted, seen) or seen.volume.content not in _USABLE:
        return
    options = wanted.parse(seen.accepted).config
    if options != seen.accepted:
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


def _running(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """What a unit that makes the cluster runs."""
    numbers, binaries, addresses = seen.ports, seen.binaries, wanted.addresses
    if (
        not wanted.makes_cluster
        or numbers is None
        or binaries is None
        or addresses is None
        or seen.certificate is None
        or seen.volume.content is not volume.Content.OURS
        or seen.accepted is None
    ):
        return
    places = wanted.places
    settings = _patroni_settings(wanted, seen)
    contents = {
        places.patroni_settings: settings,
        places.hba: _hba(wanted, seen),
        places.ident: access.ident(layout.service_user()),
    }
    for path, text in contents.items():
        if seen.files.get(path) != text:
            yield steps.WriteFile(path, text)
    kept = _services(wanted, seen)
    digests = {service.name: service.digest for service in kept}
    if seen.services.digests != digests:
        yield steps.MakeFolders()
        yield steps.KeepServices(kept)
    bag = {
        'address': addresses.own,
        'client-address': addresses.for_clients,
        'postgresql-port': str(numbers.postgresql),
        'patroni-port': str(numbers.patroni),
        'etcd-client-port': str(numbers.etcd_client),
        'etcd-peer-port': str(numbers.etcd_peer),
    }
    if wanted.peers.is_related and not bag.items() <= wanted.published.items():
        yield steps.Publish(bag)
    if all(seen.files.get(path) == text for path, text in contents.items()):
        yield from _serving(wanted, seen, patroni.digest(settings), now)


def _serving(
    wanted: desired.Desired, seen: observed.Observed, settings: str, now: dt.datetime
) -> Iterator[steps.Step]:
    """What is done to a server that runs, once its files are as they shall be.

    Args:
        wanted: What shall be.
        seen: What is.
        settings: Digest of the settings that Patroni shall have loaded.
        now: The time.
    """
    numbers, server = seen.ports, seen.database
    if seen.patroni is None or server is None or numbers is None:
        return
    assert wanted.peers.secrets is not None
    door = observed.patroni_door(wanted, numbers)
    is_settled = True
    if seen.patroni.settings != settings:
        yield steps.ReloadPatroni(door)
        is_settled = False
    # Also what was written by a hook that was killed before the server could read it.
    if _is_unread(seen):
        yield steps.ReloadAccess(numbers.postgresql)
    if not server.is_primary:
        return
    yield from serving.plan(wanted.clients, server.clients, _here(wanted, seen, now))
    if server.stale_users:
        known = database.passwords(wanted.peers.secrets)
        yield steps.SetPasswords(
            numbers.postgresql, {user: known[user] for user in server.stale_users}
        )
    shared = patroni.dynamic(_parameters(seen))
    if seen.shared is not None and not _contains(seen.shared, shared):
        yield steps.ChangeShared(door, shared)
        is_settled = False
    if is_settled and _is_worth_a_restart(seen, server):
        yield steps.RestartPostgres(door)


def _is_worth_a_restart(seen: observed.Observed, server: database.Catalogue) -> bool:
    """Tell whether an operator's change waits for a restart.

    What follows from the machine alone (another unit came, so the share of the memory is less)
    waits for the next restart.
    """
    options = seen.accepted
    assert options is not None and seen.patroni is not None
    chosen = {'max_connections', *options.extra_pg_conf}
    if options.shared_buffers:
        chosen.add('shared_buffers')
    pending = set(seen.patroni.pending)
    return bool(pending & chosen) or (bool(pending) and seen.accepted_at > server.started_at)


def _here(wanted: desired.Desired, seen: observed.Observed, now: dt.datetime) -> serving.Here:
    """Return this unit as its clients need to know it."""
    numbers, server, addresses = seen.ports, seen.database, wanted.addresses
    secrets = wanted.peers.secrets
    assert numbers is not None and server is not None and addresses is not None
    assert secrets is not None
    own = answers.Server(
        host=addresses.for_clients,
        port=numbers.postgresql,
        state='master' if wanted.peers.units else 'standalone',
        version=seen.version,
        ca=secrets.ca_certificate,
    )
    return serving.Here(
        port=numbers.postgresql,
        server=own,
        takes_writes=server.is_primary,
        is_leader=wanted.is_leader,
        is_open=not _is_unread(seen) and seen.files.get(wanted.places.hba) == _hba(wanted, seen),
        seed=secrets.client_seed,
        terms=_terms(seen, now),
    )


def _terms(seen: observed.Observed, now: dt.datetime) -> grants.Terms:
    options = seen.accepted
    assert options is not None
    # A fifth is left to the others and to us where the operator says nothing.
    most = options.client_connections or options.max_connections * 4 // 5
    limits = grants.Limits(most, options.client_statement_seconds, options.client_temp_megabytes)
    return grants.Terms(now.timestamp(), limits, options.forget_clients_after)


def _is_unread(seen: observed.Observed) -> bool:
    """Tell whether pg_hba.conf was written after the server last read it."""
    return seen.database is not None and seen.access_at > seen.database.configured_at


def _contains(whole: Any, part: Any) -> bool:
    """Tell whether *whole* says all that *part* says; numbers may be text."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            _contains(whole.get(name), value)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] # JSON
            for name, value in part.items()  # pyright: ignore[reportUnknownVariableType] # JSON
        )
    return json.dumps(whole).strip('"') == json.dumps(part).strip('"')


def _parameters(seen: observed.Observed) -> dict[str, str]:
    options = seen.accepted
    assert options is not None and seen.machine is not None
    profile = memory.settings(
        options.profile,
        seen.machine.memory_bytes,
        seen.machine.cores,
        seen.units_on_machine,
        options.max_connections,
        options.shared_buffers,
    )
    return {**profile, **options.extra_pg_conf}


def _patroni_settings(wanted: desired.Desired, seen: observed.Observed) -> str:
    secrets, addresses, options = wanted.peers.secrets, wanted.addresses, seen.accepted
    assert secrets is not None and addresses is not None and options is not None
    assert seen.ports is not None and seen.binaries is not None
    return patroni.settings(
        patroni.Cluster(
            places=wanted.places,
            ports=seen.ports,
            listen=addresses.bind,
            address=addresses.own,
            bin_dir=seen.binaries.pg_bin_dir,
            credentials=patroni.Credentials(
                superuser=secrets.superuser_password,
                replication=secrets.replication_password,
                rewind=secrets.rewind_password,
                rest=secrets.rest_password,
            ),
            parameters=_parameters(seen),
            encoding=options.encoding,
            locale=options.locale,
            data_checksums=options.data_checksums,
        )
    )


def _hba(wanted: desired.Desired, seen: observed.Observed) -> str:
    addresses, options = wanted.addresses, seen.accepted
    assert addresses is not None and options is not None
    members = [bag['address'] for bag in wanted.peers.units.values() if bag.get('address')]
    return access.hba(
        own=addresses.names,
        members=members,
        admins=(str(network) for network in options.admin_addresses),
        clients=rules.render(wanted.clients),
        extra=options.extra_pg_auth,
    )


def _services(wanted: desired.Desired, seen: observed.Observed) -> tuple[services.Service, ...]:
    secrets, addresses, programs = wanted.peers.secrets, wanted.addresses, wanted.programs
    assert secrets is not None and addresses is not None
    assert seen.ports is not None and seen.binaries is not None
    places, user = wanted.places, layout.service_user()
    environment = services.environment(programs.source, programs.python_path)
    member = etcd.Member(places.member, addresses.own, secrets.token)
    watcher = {
        'unit': wanted.unit,
        'juju-exec': programs.juju_exec,
        'address': addresses.own,
        'leader-key': f'/service/{places.scope}/leader',
        'patroni': str(seen.ports.patroni),
        'etcd': str(seen.ports.etcd_client),
        'ca': str(places.ca),
        'certificate': str(places.certificate),
        'key': str(places.private_key),
        'run': str(places.run),
        'poke': str(places.poke),
    }
    return (
        services.Service(
            'etcd',
            etcd.command(seen.binaries.etcd, member, places, seen.ports),
            user,
            {name: environment[name] for name in ('LANG', 'PATH')},
            stop_seconds=20,
        ),
        services.Service(
            'patroni',
            (programs.python, '-m', 'pgcharm.patroni_daemon', str(places.patroni_settings)),
            user,
            environment,
            stop_seconds=300,
        ),
        services.Service(
            'watcher',
            (
                *(programs.python, '-m', 'pgcharm.watcher'),
                *(f'--{name}={value}' for name, value in watcher.items()),
            ),
            None,
            environment,
            stop_seconds=5,
        ),
    )
