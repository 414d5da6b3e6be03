"""What a unit runs once it is prepared, and what is done to a server that runs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from . import (
    access,
    clustering,
    consensus,
    database,
    desired,
    etcd,
    https,
    layout,
    observed,
    patroni,
    ports,
    reserve,
    roles,
    rolling,
    services,
    serving,
    steps,
    takeover,
    undo,
    volume,
)
from .clients import answers, grants, rules


def running(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """Return what makes this unit a member of its cluster, the first or a further one.

    A further one waits until the first has said that its server is there: else Patroni would
    make a cluster of its own.
    """
    numbers, binaries, addresses = seen.ports, seen.binaries, wanted.addresses
    if (
        wanted.peers.secrets is None
        or numbers is None
        or binaries is None
        or addresses is None
        or seen.certificate is None
        or seen.volume.content is not volume.Content.OURS
        or seen.accepted is None
    ):
        return
    places = wanted.places
    yield from _saying(wanted, seen)
    yield from takeover.listening(wanted, seen, now)
    if not (wanted.founds or wanted.has_cluster):
        return
    rest = tuple(one for one in services_of(wanted, seen) if one.name != 'etcd')
    parted = tuple(takeover.plan(wanted, seen, now, rest))
    if parted:
        yield from parted
        return
    if takeover.is_waited_for(wanted, seen):
        return
    start = clustering.start(wanted, seen)
    if start != seen.start:
        # The services end first: nothing may run on what is thrown away.
        is_outlived = takeover.is_outlived(wanted, seen)
        if 'etcd' in seen.services.digests or is_outlived:
            kept = (one for one in rest if one.name != 'patroni') if is_outlived else rest
            yield steps.KeepServices(tuple(kept))
        yield steps.BeginEtcd(start)
        return
    if not clustering.hosts(wanted, seen):
        return
    settings = patroni_settings(wanted, seen)
    contents = {
        places.patroni_settings: settings,
        places.hba: _hba(wanted, seen),
        places.ident: access.ident(layout.service_user()),
        places.asks_first: 'yes\n' if takeover.asks_first(wanted, seen) else '',
    }
    for path, text in contents.items():
        if seen.files.get(path) != text:
            yield steps.WriteFile(path, text)
    kept = services_of(wanted, seen)
    digests = {service.name: service.digest for service in kept}
    if seen.services.digests != digests:
        yield steps.MakeFolders()
        yield steps.KeepServices(kept)
    yield from takeover.concluding(wanted, seen)
    yield from clustering.moving(wanted, seen)
    yield from clustering.leading(wanted, seen, now)
    if all(seen.files.get(path) == text for path, text in contents.items()):
        yield from _serving(wanted, seen, patroni.digest(settings), now)


def _saying(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Tell the peers where this unit is, and what its clients are told that it is."""
    numbers, addresses = seen.ports, wanted.addresses
    assert numbers is not None and addresses is not None
    bag = {
        'address': addresses.own,
        'client-address': addresses.for_clients,
        'postgresql-port': str(numbers.postgresql),
        'patroni-port': str(numbers.patroni),
        'etcd-client-port': str(numbers.etcd_client),
        'etcd-peer-port': str(numbers.etcd_peer),
    }
    state = roles.state(wanted, seen)
    if state is not None:
        bag['state'] = state
    known = wanted.peers.known
    if known:
        # Where they listen, for the time when their bags are gone.
        bag['others'] = '\n'.join(
            f'{one.address} {one.postgresql} {one.patroni} {one.etcd_client}' for one in known
        )
    bag |= takeover.saying(wanted, seen)
    loaded = patroni.digest(patroni_settings(wanted, seen))
    bag |= rolling.saying(wanted, seen, loaded) | undo.saying(wanted, seen, loaded)
    if wanted.is_leader and seen.etcd is not None:
        # Whoever was added or promoted hears of it at once.
        bag['etcd'] = consensus.fingerprint(seen.etcd)
    if wanted.peers.is_related and not bag.items() <= wanted.says.items():
        yield steps.Publish(bag)
    if state is None:
        yield from serving.joining(wanted.clients)
    elif seen.database is None:
        yield from restating(wanted, seen)


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
    if seen.patroni is None or numbers is None:
        return
    assert wanted.peers.secrets is not None
    door = observed.patroni_door(wanted, numbers)
    if seen.patroni.settings != settings and (server is not None or _has_failed(seen)):
        # Also where the server is down: it may be a setting with which it does not start.
        yield steps.ReloadPatroni(door)
    if server is None:
        return
    if undo.is_to_prove(seen, settings, now):
        assert seen.accepted is not None
        yield steps.Prove(seen.accepted)
    if seen.patroni.settings == settings and _shares(wanted, seen):
        yield from rolling.plan(wanted, seen, _doors(wanted, numbers))
    # Also what was written by a hook that was killed before the server could read it.
    if _is_unread(seen):
        yield steps.ReloadAccess(numbers.postgresql)
    here = _here(wanted, seen, now)
    if here.server is not None:
        yield from serving.plan(wanted.clients, server.clients, here)
    if not server.is_primary:
        return
    if server.stale_users:
        known = database.passwords(wanted.peers.secrets)
        yield steps.SetPasswords(
            numbers.postgresql, {user: known[user] for user in server.stale_users}
        )
    if not _shares(wanted, seen):
        yield steps.ChangeShared(door, _shared(wanted, seen))


def _has_failed(seen: observed.Observed) -> bool:
    """Tell whether PostgreSQL is down and nothing starts it for the first time just now."""
    return seen.failure is not None or (seen.patroni is not None and seen.patroni.is_stopped)


def waiting(wanted: desired.Desired, seen: observed.Observed, now: dt.datetime) -> tuple[str, ...]:
    """Return the relations whose clients wait for something that comes without an event."""
    server = seen.database
    if server is None or seen.ports is None or wanted.peers.secrets is None or not seen.accepted:
        return ()
    return serving.waiting(wanted.clients, server.clients, _here(wanted, seen, now))


def _shares(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the settings that all units share are as they shall be, or not known."""
    return seen.shared is None or _contains(seen.shared, _shared(wanted, seen))


def _shared(wanted: desired.Desired, seen: observed.Observed) -> dict[str, Any]:
    assert seen.accepted is not None
    parameters = seen.settings(seen.accepted)
    return patroni.dynamic(parameters, clustering.safety(wanted, seen))


def _doors(wanted: desired.Desired, numbers: ports.Ports) -> dict[str, https.Door]:
    """Return the way to each unit's Patroni."""
    others = {peer.unit: observed.peer_door(wanted, peer, numbers) for peer in wanted.peers.known}
    return {wanted.unit: observed.patroni_door(wanted, numbers), **others}


def _here(wanted: desired.Desired, seen: observed.Observed, now: dt.datetime) -> serving.Here:
    """Return this unit as its clients need to know it."""
    numbers, server, secrets = seen.ports, seen.database, wanted.peers.secrets
    assert numbers is not None and server is not None and secrets is not None
    return serving.Here(
        port=numbers.postgresql,
        server=_server(wanted, seen),
        takes_writes=server.is_primary,
        is_leader=wanted.is_leader,
        is_open=not _is_unread(seen) and seen.files.get(wanted.places.hba) == _hba(wanted, seen),
        seed=secrets.client_seed,
        terms=_terms(seen, now),
    )


def _server(wanted: desired.Desired, seen: observed.Observed) -> answers.Server | None:
    """Return what clients are told of this unit and of the others; None while it joins."""
    numbers, secrets, address = seen.ports, wanted.peers.secrets, client_address(wanted)
    state = roles.state(wanted, seen)
    if state is None or numbers is None or secrets is None:
        return None
    master, standbys = roles.places(wanted, seen, state)
    return answers.Server(
        host=address,
        port=numbers.postgresql,
        state=state,
        version=seen.version,
        ca=secrets.ca_certificate,
        master=master,
        standbys=standbys,
    )


def restating(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Return what clients are told of a unit whose server does not answer, or goes."""
    server, secrets = _server(wanted, seen), wanted.peers.secrets
    if server is not None and secrets is not None:
        yield from serving.restate(wanted.clients, server, secrets.client_seed)


def client_address(wanted: desired.Desired) -> str:
    """Return where clients find this unit; while it leaves, what it had told the others."""
    if wanted.addresses is not None:
        return wanted.addresses.for_clients
    return wanted.published.get('client-address', '')


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


def patroni_settings(
    wanted: desired.Desired, seen: observed.Observed, *, stands_aside: bool = False
) -> str:
    """Return what patroni.yml shall say.

    Args:
        wanted: What shall be.
        seen: What is.
        stands_aside: Whether nobody shall count on this unit any more.
    """
    secrets, options = wanted.peers.secrets, seen.accepted
    assert secrets is not None and options is not None
    assert seen.ports is not None and seen.binaries is not None
    parameters = seen.settings(options)
    return patroni.settings(
        patroni.Cluster(
            places=wanted.places,
            ports=seen.ports,
            listen=wanted.addresses.bind if wanted.addresses else (wanted.address,),
            address=wanted.address,
            bin_dir=seen.binaries.pg_bin_dir,
            credentials=patroni.Credentials(
                superuser=secrets.superuser_password,
                replication=secrets.replication_password,
                rewind=secrets.rewind_password,
                rest=secrets.rest_password,
            ),
            parameters=parameters,
            encoding=options.encoding,
            locale=options.locale,
            data_checksums=options.data_checksums,
            shared=patroni.dynamic(parameters, patroni.Safety(lease=options.failover_lease)),
            etcd=clustering.hosts(wanted, seen),
            lease=options.failover_lease,
            stands_aside=stands_aside,
            never_leads=reserve.is_reserved(wanted, seen),
            delay=reserve.delay(wanted, seen),
        )
    )


def _hba(wanted: desired.Desired, seen: observed.Observed) -> str:
    addresses, options = wanted.addresses, seen.accepted
    assert addresses is not None and options is not None
    return access.hba(
        own=addresses.names,
        members=(network for peer in wanted.peers.known for network in peer.networks),
        admins=(str(network) for network in options.admin_addresses),
        clients=rules.render(wanted.clients),
        extra=options.extra_pg_auth,
    )


def services_of(wanted: desired.Desired, seen: observed.Observed) -> tuple[services.Service, ...]:
    """Return the services of a unit; etcd only where it has a part in it."""
    addresses, programs = wanted.addresses, wanted.programs
    assert addresses is not None
    assert seen.ports is not None and seen.binaries is not None
    places, user = wanted.places, layout.service_user()
    environment = services.environment(programs.source, programs.python_path)
    watcher = {
        'unit': wanted.unit,
        'juju-exec': programs.juju_exec,
        'address': addresses.own,
        'leader-key': f'/service/{places.scope}/leader',
        'patroni': str(seen.ports.patroni),
        'settings': str(places.patroni_settings),
        'ca': str(places.ca),
        'certificate': str(places.certificate),
        'key': str(places.private_key),
        'run': str(places.run),
        'poke': str(places.poke),
        'contact': str(places.contact),
    }
    voter: tuple[services.Service, ...] = ()
    if seen.start is not None:
        voter = (
            services.Service(
                'etcd',
                etcd.command(seen.binaries.etcd, seen.start, addresses.own, places, seen.ports),
                user,
                {name: environment[name] for name in ('LANG', 'PATH')},
                stop_seconds=20,
            ),
        )
    server = services.Service(
        'patroni',
        (programs.python, '-m', 'pgcharm.patroni_daemon', str(places.patroni_settings)),
        user,
        # What listens elsewhere has to be started anew: a reload does not reach it.
        {**environment, 'LISTEN': ' '.join(addresses.bind)},
        stop_seconds=300,
    )
    return (
        *voter,
        *(() if seen.is_fenced else (server,)),
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
