"""How each step is done. Each may be interrupted anywhere and done again."""

from __future__ import annotations

import dataclasses
import functools
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import (
    certificates,
    cluster,
    config,
    consensus,
    database,
    departure,
    etcd,
    files,
    layout,
    membership,
    packages,
    patroni,
    peers,
    ports,
    services,
    steps,
    volume,
)

_SWITCH_SECONDS = 30.0
"""For a hand-over that takes a second or two."""


def execute(
    step: steps.Step, places: layout.Layout, bags: peers.Bags, tell: Callable[[str], None]
) -> None:
    """Do *step*.

    Args:
        step: What to do.
        places: The unit's.
        bags: Where the unit writes to its peers.
        tell: Shows the operator what takes long.
    """
    match step:
        case steps.MakeSecrets():
            from . import pki

            authority = pki.make_ca(step.application)
            bags.make_secrets((authority.cert_pem, authority.key_pem))
        case steps.NameFounder():
            bags.name_founder()
        case steps.ShareSecret():
            bags.share({'secret-id': bags.secret_id()})
        case steps.Publish():
            bags.publish(step.content)
        case steps.Install():
            tell(f'installing {" ".join(step.packages)}')
            packages.install(step.packages, tell)
        case steps.Claim():
            _claim(step, places)
        case steps.MakeFolders():
            make_folders(places)
        case steps.AllocatePorts():
            ports.allocate(layout.machine_root(), places.key, step.address, step.first)
        case steps.IssueCertificate():
            certificates.issue(places, step.ca, step.ca_key, step.names)
        case steps.Accept():
            files.write(places.accepted, config.to_json(step.options))
        case steps.Prove():
            files.write(places.proven, config.to_json(step.options))
        case steps.WriteFile():
            files.write(step.path, step.content, owner=layout.service_user())
        case steps.KeepServices():
            services.find(places).keep(step.services)
        case steps.BeginEtcd():
            etcd.write_start(places, step.start)
        case steps.RestoreEtcd():
            tell('taking over: etcd begins again with this unit')
            etcd.restore(places, step.start, step.address, step.etcdctl)
        case steps.ForgetLeader():
            consensus.forget_leader(
                step.door, step.scope, places.member, confirmations=step.forgets_confirmations
            )
        case steps.ChangeMembers():
            consensus.change(step.doors, step.owner, functools.partial(_next, step.units))
        case steps.MoveMember():
            consensus.change(
                step.doors,
                step.owner,
                lambda found: membership.moved(found.members, places.member, step.peer_url),
            )
        case steps.AdmitWitness():
            bags.tell_witness(_admit(step))
        case steps.TellWitness():
            bags.tell_witness(step.content)
        case steps.HandOver():
            tell('handing over to another unit')
            departure.hand_over(step, places)
        case steps.StandAside():
            departure.stand_aside(step)
        case steps.LeaveEtcd():
            departure.leave_etcd(step)
        case steps.ReloadPatroni():
            cluster.reload(step.door)
        case steps.ChangeShared():
            cluster.change_shared_settings(step.door, step.changes)
        case steps.RestartPostgres():
            tell('restarting PostgreSQL for a setting that needs it')
            cluster.restart(step.door)
        case steps.SwitchOver():
            tell('handing over, for a setting that needs a restart')
            cluster.switchover(step.door, step.leader, '', _SWITCH_SECONDS)
        case steps.ReloadAccess():
            from . import postgres

            with postgres.connect(
                str(places.socket_folder), step.port, patroni.SUPERUSER, None
            ) as connection:
                postgres.reload_and_wait(connection)
        case steps.SetPasswords():
            database.set_passwords(places, step.port, step.passwords)
        case steps.ServeClients():
            database.serve_clients(places, step.port, step.statements)
        case steps.EndSessions():
            database.end_sessions(places, step.port, step.users, step.networks)
        case steps.TellClient():
            bags.clients.tell(step.endpoint, step.relation, step.own, step.shared)
        case steps.TellWatcher():
            if places.run.is_dir():
                files.write(places.again, '' if step.again is None else str(step.again))
                files.write(places.acted_on, step.acted_on)
        case steps.NoteSilence():
            if places.run.is_dir():
                files.write(places.silent_since, '' if step.since is None else str(step.since))
        case steps.Leave():
            _leave(step, places)


def _next(units: tuple[membership.Unit, ...], found: consensus.View) -> membership.Change | None:
    return membership.next_change(found.members, found.leader, units)


def _admit(step: steps.AdmitWitness) -> Mapping[str, str]:
    """Return what a witness is told of the certificate for its key."""
    from . import pki

    asked, told = step.request, {'holder': step.request.identity(step.ca)}
    authority = pki.Authority(step.ca, step.ca_key)
    try:
        pem = pki.sign(authority, asked.unit, asked.addresses, asked.public_key)
    except ValueError:
        return {**told, 'certificate': '', 'refused': 'its public key cannot be used'}
    expires = f'{pki.expires_at(pem):%Y-%m-%d}'
    return {**told, 'certificate': pem, 'expires': expires, 'refused': ''}


def make_folders(places: layout.Layout) -> None:
    """Make the unit's folders, each with its owner."""
    owner = layout.service_user()
    for folder in (places.postgresql, places.etcd, places.conf, places.log):
        files.ensure_folder(folder, owner=owner)
    files.make_run_folders(places)


def _claim(step: steps.Claim, places: layout.Layout) -> None:
    if step.forget_etcd:
        files.remove(places.etcd)
    places.home.chmod(places.home.stat().st_mode | 0o111)
    volume.write_marker(places.marker, step.marker)
    make_folders(places)


def _leave(step: steps.Leave, places: layout.Layout) -> None:
    services.find(places).remove()
    if step.binaries is not None and (places.data / 'postmaster.pid').exists():
        # Its Patroni was killed, and it was not.
        departure.stop_server(step.binaries, places)
    if step.marker is not None:
        marker = dataclasses.replace(step.marker, **_last_words(step.binaries, places.data))
        volume.write_marker(places.marker, marker)
    files.remove(places.run)
    ports.release(layout.machine_root(), places.key)


def _last_words(bin_dir: Path | None, data: Path) -> dict[str, Any]:
    """Return where a stopped server's history ends.

    Source: PostgreSQL manual, "pg_controldata".
    """
    if bin_dir is None or not (data / 'global' / 'pg_control').exists():
        return {}
    ended = subprocess.run(
        [str(bin_dir / 'pg_controldata'), '-D', str(data)],
        env={'LC_ALL': 'C'},
        capture_output=True,
        text=True,
        check=False,
    )
    values = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(':') for line in ended.stdout.splitlines())
    }
    return {
        'lsn': values.get('Latest checkpoint location', ''),
        'timeline': int(values.get("Latest checkpoint's TimeLineID", '0')),
    }
