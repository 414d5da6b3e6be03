"""relation-ids, relation-list, relation-get, relation-set and relation-model-get.

Source: juju: internal/worker/uniter/runner/jujuc/relation-*.go.
"""

from __future__ import annotations

from .. import errors, flags, names
from . import call as calls
from .call import Call
from .context import Context, Relation

RELATION_FLAG = flags.Flag(('r', 'relation'), help='Specify a relation by id')


def ids(context: Context, call: Call) -> None:
    """Print the relations of an endpoint."""
    (endpoint,) = call.parsed.at_most(1)
    if not endpoint:
        if context.relation is None:
            raise errors.UsageError('no endpoint name specified')
        endpoint = context.snapshot.relations[context.relation].endpoint
    call.print(
        sorted(
            f'{endpoint}:{number}'
            for number, relation in context.relations.items()
            if relation.view.endpoint == endpoint and not relation.is_broken
        )
    )


def list_(context: Context, call: Call) -> None:
    """Print the remote units of a relation, or the remote application."""
    relation = required(context, call)
    call.parsed.at_most(0)
    call.print(relation.view.remote_app if call.flags['app'] else list(relation.members))


def get(context: Context, call: Call) -> None:
    """Print a bag or one value of it."""
    relation = required(context, call)
    key, target = call.parsed.at_most(2)
    member = _member(context, relation, target, is_app=call.flags['app'])
    bag = context.bag(relation.view.id, member)
    call.print(bag if key in ('', '-') else bag.get(key))


def set_(context: Context, call: Call) -> None:
    """Write to the unit's own bag, or as leader to the application's."""
    relation = required(context, call)
    changes: dict[str, str | None] = {}
    given = calls.pairs(call.args)
    if call.flags['file']:
        changes.update(calls.scalars(call.content(call.flags['file'])))
    changes.update(given)
    if call.flags['app'] and not context.is_leader():
        raise errors.Error('cannot write relation settings')
    if 'format' in call.parsed.spelled:
        call.err += b'--format flag deprecated for command "relation-set"\n'
    bags = context.app_bags if call.flags['app'] else context.unit_bags
    pending = bags.setdefault(relation.view.id, {})
    pending.update({key: value or None for key, value in changes.items()})


def model_get(context: Context, call: Call) -> None:
    """Print the uuid of the remote model."""
    relation = required(context, call)
    call.parsed.at_most(0)
    call.print({'uuid': context.api.remote_model_uuid(context.id, relation.view.id)})


def required(context: Context, call: Call) -> Relation:
    """Return the relation that ``-r`` names, else the hook's own.

    Raises:
        UsageError: If there is none, or no such.
    """
    relation = optional(context, call)
    if relation is None:
        raise errors.UsageError('no relation id specified')
    return relation


def optional(context: Context, call: Call) -> Relation | None:
    """Return the relation that ``-r`` names, else the hook's own if there is one."""
    if 'relation' not in call.parsed.spelled:
        return None if context.relation is None else context.relations.get(context.relation)
    number = call.flags['relation'].rpartition(':')[2]
    if not number.isdecimal():
        raise call.parsed.invalid('relation', 'invalid relation id')
    relation = context.relations.get(int(number))
    if relation is None:
        raise call.parsed.invalid('relation', 'relation not found')
    return relation


def _member(context: Context, relation: Relation, target: str, *, is_app: bool) -> str:
    """Return the unit or application whose bag is meant (contract 3.4's table)."""
    is_own = relation.view.id == context.relation
    if not target:
        if not is_app and is_own and context.remote_unit:
            return context.remote_unit
        if is_own and context.remote_app:
            return context.remote_app
        raise errors.UsageError('no unit or application specified')
    if names.is_unit(target):
        return target.partition('/')[0] if is_app else target
    if is_app and names.is_application(target):
        return target
    if names.is_application(target):
        raise errors.UsageError(f'expected unit name, got application name "{target}"')
    raise errors.UsageError(f'invalid unit name "{target}"')
