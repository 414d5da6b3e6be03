"""What an operation leaves behind in a unit's local state: pure functions, one per outcome.

Source: juju: internal/worker/uniter/operation/runhook.go (Commit), deploy.go, leader.go;
juju: apiserver/facades/agent/retrystrategy/retrystrategy.go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

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
            queued=model.Hook('upgrade-charm' if local.installed else 'install'),
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
    local: model.LocalState, operation: operations.Operation, now: float, jitter: float = 1.0
) -> model.LocalState:
    """Return the local state after a hook or an unpacking failed: it waits to be tried again.

    Args:
        local: The state before it.
        operation: What failed.
        now: Seconds since the epoch.
        jitter: Factor on the waiting, about 1.
    """
    attempts = local.attempts + 1
    wait = min(juju.RETRY_FIRST * 2 ** min(attempts - 1, 16), juju.RETRY_LONGEST)
    again = dataclasses.replace(local, attempts=attempts, retry_at=now + wait * jitter)
    if isinstance(operation, operations.RunHook):
        return dataclasses.replace(again, queued=None, pending=operation.hook)
    return again


def terminated(local: model.LocalState, hook: model.Hook) -> model.LocalState:
    """Return the local state after a signal ended *hook*: it is queued again, not failed."""
    return dataclasses.replace(local, queued=hook, pending=None, attempts=0, retry_at=None)


def interrupted(local: model.LocalState, hook: model.Hook) -> model.LocalState:
    """Return the local state when the controller died while *hook* ran: it is pending."""
    return dataclasses.replace(local, queued=None, pending=hook, attempts=0, retry_at=None)


def _after_hook(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> model.LocalState:
    if hook.kind.startswith('relation-'):
        return _after_relation_hook(local, snapshot, hook)
    after = _AFTER.get(hook.kind)
    return local if after is None else after(local, snapshot, hook)


def _after_config_changed(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> model.LocalState:
    del hook
    queued = None if local.started else model.Hook('start')
    return dataclasses.replace(local, config_hash=snapshot.config_hash, queued=queued)


def _after_secret_changed(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> model.LocalState:
    del snapshot
    told = {**local.secrets, str(hook.secret): hook.secret_revision or 0}
    return dataclasses.replace(local, secrets=told)


def _after_relation_hook(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook
) -> model.LocalState:
    assert hook.relation is not None
    relations = {id: known for id, known in local.relations.items() if id in snapshot.relations}
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
    return dataclasses.replace(local, relations=relations)


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


_AFTER: dict[str, Callable[[model.LocalState, model.Snapshot, model.Hook], model.LocalState]] = {
    'install': lambda local, snapshot, hook: dataclasses.replace(local, installed=True),
    'start': lambda local, snapshot, hook: dataclasses.replace(
        local, started=True, boot_id=snapshot.boot_id
    ),
    'stop': lambda local, snapshot, hook: dataclasses.replace(local, stopped=True),
    'remove': lambda local, snapshot, hook: dataclasses.replace(local, removed=True),
    'config-changed': _after_config_changed,
    'upgrade-charm': lambda local, snapshot, hook: dataclasses.replace(
        local, queued=model.Hook('config-changed')
    ),
    'leader-settings-changed': lambda local, snapshot, hook: dataclasses.replace(
        local, leader_settings=snapshot.leader_settings
    ),
    'storage-attached': lambda local, snapshot, hook: dataclasses.replace(
        local, storage=local.storage | {str(hook.storage)}
    ),
    'storage-detaching': lambda local, snapshot, hook: dataclasses.replace(
        local, storage=local.storage - {str(hook.storage)}
    ),
    'secret-changed': _after_secret_changed,
    'secret-remove': lambda local, snapshot, hook: dataclasses.replace(
        local,
        removed_revisions=local.removed_revisions | {f'{hook.secret}/{hook.secret_revision}'},
    ),
}
