"""storage-get, storage-list and storage-add.

Source: juju: internal/worker/uniter/runner/jujuc/storage-*.go.
"""

from __future__ import annotations

from .. import errors, model
from .call import Call
from .context import Context


def get(context: Context, call: Call) -> None:
    """Print a storage's kind and location."""
    (attribute,) = call.parsed.at_most(1)
    name = call.flags['s'] or (context.hook.storage if context.hook else None)
    if not name:
        raise errors.UsageError('no storage instance specified')
    view = _attached(context).get(name)
    if view is None:
        if 's' in call.parsed.spelled:
            raise call.parsed.invalid('s', 'storage not found')
        raise errors.UsageError(f'storage "{name}" not found')
    values = {'kind': view.kind, 'location': view.location}
    if attribute and attribute not in values:
        raise errors.Error(f'invalid storage attribute "{attribute}"')
    call.print(values[attribute] if attribute else values)


def list_(context: Context, call: Call) -> None:
    """Print the ids of the unit's storage."""
    (name,) = call.parsed.at_most(1)
    ids = sorted(_attached(context))
    call.print([each for each in ids if not name or each.partition('/')[0] == name])


def add(context: Context, call: Call) -> None:
    """Ask for more storage when the hook succeeds."""
    if not call.args:
        raise errors.UsageError('storage add requires a storage directive')
    for directive in call.args:
        name, equals, count = directive.partition('=')
        if equals and not count.isdecimal():
            raise errors.UsageError(f'only count can be specified for "{name}"')
        if equals and int(count) < 1:
            raise errors.UsageError(f'count must be greater than zero for "{name}"')
        context.storage[name] = context.storage.get(name, 0) + (int(count) if equals else 1)


def _attached(context: Context) -> dict[str, model.StorageView]:
    views = context.once('storage', lambda: context.api.storage(context.id))
    return {view.id: view for view in views if view.attached}
