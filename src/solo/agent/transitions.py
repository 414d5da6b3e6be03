"""What an operation leaves behind in a unit's local state: pure functions, one per outcome.

Source: juju: internal/worker/uniter/operation/runhook.go (Commit), deploy.go, leader.go;
juju: apiserver/facades/agent/retrystrategy/retrystrategy.go.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .. import juju, model
from . import operations


def committed(
    local: model.LocalState, snapshot: model.Snapshot, operation: operations.Operation
) -> model.LocalState:
    """Return the local state after *operation* succeeded.

    Args:
        local: The state before it.
        snapshot: What was seen before it ran: what changed since then counts as news.
        operation: What was done; a skipped hook counts as run.
    """
    if isinstance(operation, (operations.RunHook, operations.SkipHook)):
        done = dataclasses.replace(local, queued=None, pending=None, attempts=0, retry_at=None)
        return _after_hook(done, snapshot, operation.hook)
    if isinstance(operation, operations.Unpack):
        return dataclasses.replace(
            local,
            charm=operation.charm,
            charm_modified=snapshot.charm_modified,
            # A forced upgrade goes back to the hook that had failed. Source: deploy.go Commit.
            queued=None
            if local.pending is not None
            else model.Hook('upgrade-charm' if local.installed else 'install'),
            boot_id=local.boot_id or snapshot.boot_id,
            attempts=0,
            retry_at=None,
        )
    if isinstance(operation, operations.AcceptLeadership):
        return dataclasses.replace(local, leader=True, queued=model.Hook('leader-elected'))
    if isinstance(operation, operations.ResignLeadership):
        return dataclasses.replace(local, leader=False)
    return local


def failed(
    local: model.LocalState,
    operation: operations.Operation,
    now: float,
    jitter: float = 1.0,
    charm_modified: int = 0,
) -> model.LocalState:
    """Return the local state after a hook or an unpacking failed: it waits to be tried again.

    Args:
        local: The state before it.
        operation: What failed.
        now: Seconds since the epoch.
        jitter: Factor on the waiting, about 1.
        charm_modified: Which charm it was, if that is what failed.
    """
    attempts = local.attempts + 1
    wait = min(juju.RETRY_FIRST * 2 ** min(attempts - 1, 16), juju.RETRY_LONGEST)
    again = dataclasses.replace(local, attempts=attempts, retry_at=now + wait * jitter)
    if isinstance(operation, operations.RunHook):
        return dataclasses.replace(again, queued=None, pending=operation.hook)
    return dataclasses.replace(again, unpack_failed=charm_modified)


def terminated(local: model.LocalState, hook: model.Hook) -> model.LocalState:
    """Return the local state after a signal ended *hook*: it is queued again, not failed."""
    return dataclasses.replace(local, queued=hook, pending=None, attempts=0, retry_at=None)


def interrupted(local: model.LocalState, hook: model.Hook) -> model.LocalState:
    """Return the local state when the controller died while *hook* ran: it is pending."""
    return dataclasses.replace(local, queued=None, pending=hook, attempts=0, retry_at=None)


def _after_hook(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> model.LocalState:
    changes: dict[str, Any] = {}
    match hook.kind:
        case 'install':
            changes['installed'] = True
        case 'start':
            changes.update(started=True, boot_id=snapshot.boot_id)
        case 'stop':
            changes['stopped'] = True
        case 'remove':
            changes['removed'] = True
        case 'config-changed':
            changes['config_hash'] = snapshot.config_hash
            changes['queued'] = None if local.started else model.Hook('start')
        case 'upgrade-charm':
            changes['queued'] = model.Hook('config-changed')
        case 'leader-settings-changed':
            changes['leader_settings'] = snapshot.leader_settings
        case 'storage-attached':
            changes['storage'] = local.storage | {str(hook.storage)}
        case 'storage-detaching':
            changes['storage'] = local.storage - {str(hook.storage)}
        case 'secret-changed':
            changes['secrets'] = {**local.secrets, str(hook.secret): hook.secret_revision or 0}
        case 'secret-remove':
            told = f'{hook.secret}/{hook.secret_revision}'
            changes['removed_revisions'] = local.removed_revisions | {told}
        case kind if kind.startswith('relation-'):
            changes['relations'] = _after_relation_hook(local, snapshot, hook)
        case _:
            pass
    return dataclasses.replace(local, **changes)


def _after_relation_hook(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> dict[int, model.RelationState]:
    assert hook.relation is not None
    relations = {row: known for row, known in local.relations.items() if row in snapshot.relations}
    view = snapshot.relations.get(hook.relation)
    known = relations.get(hook.relation, model.RelationState())
    if hook.kind == 'relation-broken' or view is None:
        relations.pop(hook.relation, None)
    elif hook.kind == 'relation-changed' and hook.remote_unit is None:
        application = str(hook.remote_app)
        seen = {**known.applications, application: view.applications.get(application, 0)}
        relations[hook.relation] = dataclasses.replace(known, applications=seen)
    else:
        relations[hook.relation] = _after_member_hook(known, view, hook)
    return relations


def _after_member_hook(
    known: model.RelationState, view: model.RelationView, hook: model.Hook
) -> model.RelationState:
    unit = hook.remote_unit
    if unit is None:
        return known
    members = dict(known.members)
    changed = None if known.changed_pending == unit else known.changed_pending
    if hook.kind == 'relation-departed':
        members.pop(unit, None)
    else:
        members[unit] = view.members.get(unit, members.get(unit, 0))
        if hook.kind == 'relation-joined':
            changed = unit
    return dataclasses.replace(known, members=members, changed_pending=changed)
