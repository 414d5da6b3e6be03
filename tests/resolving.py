"""Units and worlds to be resolved, and what becomes of them when everything is done."""

from __future__ import annotations

import dataclasses
from typing import Any

from hook_api import INSTALLED, SNAPSHOT, relation

from solo import model
from solo.agent import operations, resolver, transitions

NEW = model.LocalState()
DYING = model.Life.DYING
PEER = relation(
    1, endpoint='peer', role='peers', remote_app='app', members={}, applications={'app': 0}
)


def world(**changes: Any) -> model.Snapshot:
    return dataclasses.replace(SNAPSHOT, **changes)


def unit(**changes: Any) -> model.LocalState:
    return dataclasses.replace(INSTALLED, **changes)


def related(*views: model.RelationView) -> dict[int, model.RelationView]:
    return {view.id: view for view in views}


def told(members: dict[str, int], **changes: Any) -> dict[int, model.RelationState]:
    return {3: model.RelationState(members, **changes)}


def storage(name: str = 'data/0', **changes: Any) -> model.StorageView:
    view = model.StorageView(name, 'filesystem', '/srv/data', model.Life.ALIVE, attached=True)
    return dataclasses.replace(view, **changes)


def after(
    local: model.LocalState, snapshot: model.Snapshot, limit: int = 50
) -> tuple[list[operations.Operation], model.LocalState]:
    """Do everything that is next until nothing is, and return it with the state reached."""
    done: list[operations.Operation] = []
    while len(done) < limit:
        operation = resolver.next_operation(local, snapshot)
        if isinstance(operation, (operations.Idle, operations.Wait, operations.Terminate)):
            return [*done, operation], local
        done.append(operation)
        local = transitions.committed(local, snapshot, operation)
        snapshot = consequence(snapshot, operation)
    raise AssertionError(f'still busy: {done}')


def consequence(snapshot: model.Snapshot, operation: operations.Operation) -> model.Snapshot:
    """Return the world after the controller noted what the unit did."""
    views = dict(snapshot.relations)
    match operation:
        case operations.EnterScope(relation=row) | operations.LeaveScope(relation=row):
            is_in = isinstance(operation, operations.EnterScope)
            views[row] = dataclasses.replace(views[row], in_scope=is_in)
        case operations.RunHook(hook) if hook.kind == 'relation-created':
            assert hook.relation is not None
            views[hook.relation] = dataclasses.replace(views[hook.relation], in_scope=True)
        case operations.RunHook(hook) if hook.kind == 'update-status':
            return dataclasses.replace(snapshot, update_status_due=False)
        case operations.RunHook(hook) if hook.kind in ('secret-rotate', 'secret-expired'):
            left = tuple(
                event
                for event in snapshot.secrets
                if (event.kind, event.id) != (hook.kind, hook.secret)
            )
            return dataclasses.replace(snapshot, secrets=left)
        case operations.RunAction(task):
            left = tuple(each for each in snapshot.actions if each != task)
            return dataclasses.replace(snapshot, actions=left)
        case operations.RunCommands():
            return dataclasses.replace(snapshot, commands=snapshot.commands[1:])
        case operations.DetachStorage(storage=name):
            left = tuple(view for view in snapshot.storage if view.id != name)
            return dataclasses.replace(snapshot, storage=left)
        case _:
            pass
    return dataclasses.replace(snapshot, relations=views)


def hooks(local: model.LocalState, snapshot: model.Snapshot) -> list[str]:
    """Return the names of all hooks until the unit rests, with the unit they are about."""
    done, _ = after(local, snapshot)
    return [
        f'{hook.name} {hook.remote_unit}' if hook.remote_unit else hook.name
        for operation in done
        if isinstance(operation, operations.RunHook)
        for hook in (operation.hook,)
    ]
