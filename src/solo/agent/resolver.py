"""Decide which operation of a unit is next: a pure function of what it did and what it may see.

Hooks are a function of a difference of states, not of a queue of events; so ten changes while a
hook runs are one ``config-changed``. What an operation leaves behind is in ``transitions``.

Source: juju: internal/worker/uniter/resolver.go (NextOp), relation/resolver.go,
storage/resolver.go, leadership/resolver.go, secrets/resolver.go, reboot/resolver.go.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import model
from . import operations

_ALIVE = model.Life.ALIVE


def next_operation(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation:
    """Return the one operation that a free agent runs next.

    Args:
        local: What the unit has done so far.
        snapshot: All that it may know of the world now.

    Returns:
        The first of Juju's list that has something to do; ``Idle`` or ``Wait`` when none has.
    """
    if snapshot.life is model.Life.DEAD or (snapshot.abandoned and not snapshot.has_subordinates):
        return operations.Terminate()
    if local.charm is None:
        return _deploy(local, snapshot)
    for step in _STEPS:
        operation = step(local, snapshot)
        if operation is not None:
            return operation
    return operations.Idle()


def _deploy(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation:
    if snapshot.life is not _ALIVE:
        return _detach(local, snapshot) or operations.Terminate()
    return _unpack(local, snapshot)


def _unpack(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation:
    """Unpack the charm now, or wait when that failed a moment ago."""
    if local.retry_at is not None and snapshot.now < local.retry_at and not snapshot.resolved:
        return operations.Wait(local.retry_at)
    return operations.Unpack(snapshot.charm)


def _reboot(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if (
        local.started
        and not local.stopped
        and _is_free(local)
        and local.boot_id != snapshot.boot_id
    ):
        return operations.RunHook(model.Hook('start'))
    return None


def _relation_created(
    local: model.LocalState, snapshot: model.Snapshot
) -> operations.Operation | None:
    if not _is_settled(local, snapshot):
        return None
    for view in _ordered(snapshot):
        if view.life is not _ALIVE or view.suspended:
            continue
        if view.implicit:
            if not view.in_scope:
                return operations.EnterScope(view.id)
        elif view.id not in local.relations:
            return operations.RunHook(_relation_hook('relation-created', view))
    return None


def _leadership(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    leads = snapshot.is_leader and snapshot.life is _ALIVE
    if local.leader and not leads:
        return operations.ResignLeadership()
    if leads and not local.leader and _is_settled(local, snapshot):
        return operations.AcceptLeadership()
    if (
        not leads
        and local.leader_settings != snapshot.leader_settings
        and _is_settled(local, snapshot)
    ):
        return operations.RunHook(model.Hook('leader-settings-changed'))
    return None


def _secrets(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if not _is_settled(local, snapshot):
        return None
    for kind in ('secret-expired', 'secret-rotate', 'secret-changed', 'secret-remove'):
        for event in snapshot.secrets:
            if event.kind == kind and not _was_told(local, event):
                with_revision = kind in ('secret-expired', 'secret-remove')
                return operations.RunHook(
                    model.Hook(
                        kind,
                        secret=event.id,
                        secret_label=event.label,
                        # secret-changed remembers it, and only the others show it to the charm.
                        secret_revision=event.revision
                        if with_revision or kind == 'secret-changed'
                        else None,
                    )
                )
    return None


def _was_told(local: model.LocalState, event: model.SecretEvent) -> bool:
    if event.kind == 'secret-changed':
        return local.secrets.get(event.id, 0) >= event.revision
    if event.kind == 'secret-remove':
        return f'{event.id}/{event.revision}' in local.removed_revisions
    return False


def _actions(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if snapshot.actions and local.queued is None:
        return operations.RunAction(snapshot.actions[0])
    return None


def _commands(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    del local
    if snapshot.commands:
        return operations.RunCommands(snapshot.commands[0])
    return None


def _storage(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    is_installing = not local.installed and local.pending is None
    if not is_installing and not _is_free(local):
        return None
    operation = _detach(local, snapshot)
    if operation is not None or snapshot.life is not _ALIVE:
        return operation
    alive = [view for view in snapshot.storage if view.life is _ALIVE]
    if local.installed and _is_outdated(local, snapshot):
        # It may have come with the new charm: the old one has no hook for it, and would be the
        # only one that hears of it. Juju takes longer to make storage than to upgrade.
        return None
    for view in alive:
        if view.attached and view.id not in local.storage:
            return operations.RunHook(model.Hook('storage-attached', storage=view.id))
    if is_installing and not all(view.attached for view in alive):
        return operations.Wait()
    return None


def _detach(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    for view in snapshot.storage:
        if view.life is _ALIVE and snapshot.life is _ALIVE:
            continue
        if view.id in local.storage:
            return operations.RunHook(model.Hook('storage-detaching', storage=view.id))
        if view.attached:
            return operations.DetachStorage(view.id)
    return None


def _queued(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if local.queued is None or (local.queued.kind == 'install' and snapshot.life is not _ALIVE):
        return None
    return operations.RunHook(local.queued)


def _pending(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    hook = local.pending
    if hook is None:
        return None
    if snapshot.charm_forced and _is_outdated(local, snapshot) and snapshot.life is _ALIVE:
        if local.unpack_failed != snapshot.charm_modified:
            return operations.Unpack(snapshot.charm)  # the hook's waiting is not for this
        return _unpack(local, snapshot)
    is_gone = hook.relation is not None and hook.relation not in snapshot.relations
    if is_gone or snapshot.resolved == 'no-retry':
        return operations.SkipHook(hook)
    if snapshot.resolved == 'retry' or local.attempts == 0:
        return operations.RunHook(hook)
    if not snapshot.retry_hooks or local.retry_at is None:
        return operations.Wait()
    if snapshot.now >= local.retry_at:
        return operations.RunHook(hook)
    return operations.Wait(local.retry_at)


def _alive(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if snapshot.life is not _ALIVE:
        return None
    if not local.installed:
        return operations.RunHook(model.Hook('install'))
    if _is_outdated(local, snapshot):
        return _unpack(local, snapshot)
    if local.config_hash != snapshot.config_hash:
        return operations.RunHook(model.Hook('config-changed'))
    operation = _relations(local, snapshot)
    if operation is not None:
        return operation
    if snapshot.update_status_due and local.started:
        return operations.RunHook(model.Hook('update-status'))
    return None


def _is_outdated(local: model.LocalState, snapshot: model.Snapshot) -> bool:
    return (local.charm, local.charm_modified) != (snapshot.charm, snapshot.charm_modified)


def _dying(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    if snapshot.life is _ALIVE:
        return None
    operation = _relations(local, snapshot)
    if operation is not None:
        return operation
    if local.started and not local.stopped:
        return operations.RunHook(model.Hook('stop'))
    if snapshot.has_subordinates:
        return operations.Idle()
    if local.installed and not local.removed:
        return operations.RunHook(model.Hook('remove'))
    return operations.Terminate()


def _relations(local: model.LocalState, snapshot: model.Snapshot) -> operations.Operation | None:
    for view in _ordered(snapshot):
        known = local.relations.get(view.id)
        if known is not None:
            hook = _next_relation_hook(known, view, snapshot)
            if hook is not None:
                return operations.RunHook(hook)
        elif view.in_scope and not view.is_peer and _is_ending(view, snapshot):
            return operations.LeaveScope(view.id)
    return None


def _next_relation_hook(
    known: model.RelationState, view: model.RelationView, snapshot: model.Snapshot
) -> model.Hook | None:
    """Return the relation's next hook. Source: relation/resolver.go nextHookForRelation."""
    is_ending = _is_ending(view, snapshot)
    members = dict[str, int]() if is_ending else view.members
    if known.changed_pending is not None:
        return _relation_hook('relation-changed', view, known.changed_pending)
    for unit in sorted(known.members):
        if unit not in members:
            is_alive = snapshot.life is _ALIVE and snapshot.application_life is _ALIVE
            departing = unit if is_alive else snapshot.unit
            return _relation_hook('relation-departed', view, unit, departing)
    if is_ending:
        return None if view.is_peer else _relation_hook('relation-broken', view)
    for application, version in sorted(view.applications.items()):
        if version != known.applications.get(application, 0):
            return _relation_hook('relation-changed', view, application=application)
    for unit in sorted(members):
        if unit not in known.members:
            return _relation_hook('relation-joined', view, unit)
    for unit, version in sorted(members.items()):
        if version != known.members[unit]:
            return _relation_hook('relation-changed', view, unit)
    return None


def _relation_hook(
    kind: str,
    view: model.RelationView,
    unit: str | None = None,
    departing: str | None = None,
    application: str | None = None,
) -> model.Hook:
    return model.Hook(
        kind,
        endpoint=view.endpoint,
        relation=view.id,
        remote_app=application or view.remote_app,
        remote_unit=unit,
        departing_unit=departing,
    )


def _is_ending(view: model.RelationView, snapshot: model.Snapshot) -> bool:
    return view.life is not _ALIVE or view.suspended or snapshot.life is not _ALIVE


def _ordered(snapshot: model.Snapshot) -> list[model.RelationView]:
    """Return the relations by id, peers last. Source: relation/resolver.go."""
    return sorted(snapshot.relations.values(), key=lambda view: (view.is_peer, view.id))


def _is_free(local: model.LocalState) -> bool:
    return local.queued is None and local.pending is None


def _is_settled(local: model.LocalState, snapshot: model.Snapshot) -> bool:
    return local.installed and snapshot.life is _ALIVE and _is_free(local)


_STEPS: tuple[Callable[[model.LocalState, model.Snapshot], operations.Operation | None], ...] = (
    _reboot,
    _relation_created,
    _leadership,
    _secrets,
    _actions,
    _commands,
    _storage,
    _queued,
    _pending,
    _alive,
    _dying,
)
