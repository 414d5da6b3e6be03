"""secret-add, -set, -get, -grant, -revoke, -remove, -ids and -info-get.

Source: juju: internal/worker/uniter/runner/jujuc/secret-*.go, runner/context/context.go;
juju: core/secrets/createsecret.go.
"""

from __future__ import annotations

import base64
import dataclasses
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .. import errors, flags, formats, model, names, secretdata
from . import call as calls
from . import relation
from .call import Call
from .context import Context

_POLICIES = ('never', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly')

UPDATE_FLAGS = (
    flags.Flag(('label',), help='A label used to identify the secret in hooks'),
    flags.Flag(('description',), help='The secret description'),
    flags.Flag(('expire',), help='Either a duration or time when the secret should expire'),
    flags.Flag(('rotate',), help='The secret rotation policy'),
    flags.Flag(
        ('owner',),
        default='application',
        help='The owner of the secret, either the application or unit',
    ),
    flags.Flag(('file',), help='A YAML file containing secret key values'),
)


def add(context: Context, call: Call) -> None:
    """Make a secret when the hook succeeds, and print its URI now."""
    content = _content(call)
    if not content:
        raise errors.UsageError('missing secret value or filename')
    if call.flags['owner'] not in ('application', 'unit'):
        raise errors.UsageError(f'secret owner "{call.flags["owner"]}" not valid')
    is_unit = call.flags['owner'] == 'unit'
    change = _with_metadata(
        call,
        model.SecretChange(
            'add',
            secretdata.new_id(),
            owner=context.unit.name if is_unit else context.application,
            content=content,
        ),
    )
    if not is_unit and not context.is_leader():
        raise errors.Error('this unit is not the leader')
    if change.label and any(
        secret.label == change.label and secret.owner == change.owner
        for secret in _owned(context).values()
    ):
        raise errors.Error(f'secret with label "{change.label}" already exists')
    context.secrets.append(change)
    call.out += f'secret:{change.id}\n'.encode()


def set_(context: Context, call: Call) -> None:
    """Change a secret when the hook succeeds; several calls make one revision."""
    secret_id = _required_id(call)
    content = _content(call, skip=1)
    change = _with_metadata(call, model.SecretChange('set', secret_id, content=content or None))
    _owned_or_refuse(context, secret_id)
    for place, before in enumerate(context.secrets):
        if before.id == secret_id and before.action in ('add', 'set'):
            context.secrets[place] = _merged(before, change)
            return
    context.secrets.append(change)


def get(context: Context, call: Call) -> None:
    """Print a secret's content, or one value of it."""
    given, key = call.parsed.at_most(2)
    secret_id = parse_id(given) if given else None
    label = call.flags['label'] or None
    if secret_id is None and label is None:
        raise errors.UsageError('require either a secret URI or label')
    if call.flags['peek'] and call.flags['refresh']:
        raise errors.UsageError('specify one of --peek or --refresh but not both')
    content = _pending_content(context, secret_id, label, is_latest=_wants_latest(call))
    if content is None:
        _, _, content = context.api.secret_content(
            context.id,
            id=secret_id,
            label=label,
            peek=bool(call.flags['peek']),
            refresh=bool(call.flags['refresh'] or call.flags['update']),
        )
    if not key:
        call.print(dict(content))
        return
    name, hash_, encoding = key.partition('#')
    if name not in content:
        raise errors.Error(f'secret key value "{name}" not found', 'not found')
    value = content[name]
    encoded = base64.b64encode(value.encode('utf-8', 'surrogateescape')).decode()
    call.print(encoded if hash_ and encoding == 'base64' else value)


def info_get(context: Context, call: Call) -> None:
    """Print the metadata of an owned secret."""
    (given,) = call.parsed.at_most(1)
    label = call.flags['label']
    if bool(given) == bool(label):
        raise errors.UsageError('require either a secret URI or label')
    wanted = parse_id(given) if given else ''
    for secret in _owned(context).values():
        if secret.id == wanted or (label and secret.label == label):
            call.print({secret.id: _info(secret)})
            return
    raise errors.Error(f'secret "{wanted or label}" not found', 'not found')


def ids(context: Context, call: Call) -> None:
    """Print the bare ids of the owned secrets."""
    call.parsed.at_most(0)
    call.print(list(_owned(context)) or None)


def grant(context: Context, call: Call) -> None:
    """Let a related application, or one unit of it, read a secret."""
    secret_id = _required_id(call)
    call.parsed.at_most(1)
    about = relation.required(context, call)
    target = about.view.remote_app
    if call.flags['unit']:
        unit = names.unit(call.flags['unit'])
        if unit.application != target:
            raise errors.Error(f'unit "{unit}" is not a unit of the application "{target}"')
        target = str(unit)
    _owned_or_refuse(context, secret_id)
    context.secrets.append(
        model.SecretChange('grant', secret_id, relation=about.view.id, target=target)
    )


def revoke(context: Context, call: Call) -> None:
    """Take a grant back."""
    secret_id = _required_id(call)
    call.parsed.at_most(1)
    target = call.flags['unit'] or call.flags['application']
    about = None
    if not target or 'relation' in call.parsed.spelled:
        about = relation.optional(context, call)
    if about is None and not target:
        raise errors.UsageError('missing relation or application or unit')
    _owned_or_refuse(context, secret_id)
    context.secrets.append(
        model.SecretChange(
            'revoke',
            secret_id,
            relation=None if about is None else about.view.id,
            target=target or (about.view.remote_app if about else None),
        )
    )


def remove(context: Context, call: Call) -> None:
    """Remove a secret, with all that this hook has asked of it, or one revision of it."""
    secret_id = _required_id(call)
    call.parsed.at_most(1)
    revision = call.flags['revision'] if 'revision' in call.parsed.spelled else None
    _owned_or_refuse(context, secret_id)
    if revision is None:
        pending = [change for change in context.secrets if change.id == secret_id]
        context.secrets[:] = [change for change in context.secrets if change.id != secret_id]
        if any(change.action == 'add' for change in pending):
            return  # it never was
    context.secrets.append(model.SecretChange('remove', secret_id, revision=revision))


def parse_id(text: str) -> str:
    """Return the bare id of *text*: ``secret:x``, ``secret://uuid/x`` or ``x``.

    Raises:
        UsageError: If it is none of these.
    """
    found = secretdata.ID.match(text)
    if found is None:
        raise errors.UsageError(f'secret URI "{text}" not valid')
    return found[1]


def expiry(text: str, now: float) -> float:
    """Return the time that ``--expire`` names, in seconds since the epoch.

    Args:
        text: RFC 3339, ``2006-01-02T15:04:05``, or a duration such as ``24h``.
        now: Seconds since the epoch.

    Raises:
        UsageError: If it is none of these. A time may lie in the past, a duration may not.
    """
    try:
        seconds = formats.duration(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text.replace('Z', '+00:00'))
        except ValueError as error:
            raise errors.UsageError(f'expire time or duration "{text}" not valid') from error
        return (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).timestamp()
    if seconds <= 0:
        raise errors.UsageError(f'negative expire duration "{text}" not valid')
    return now + seconds


def _required_id(call: Call) -> str:
    if not call.args:
        raise errors.UsageError('missing secret URI')
    return parse_id(call.args[0])


def _with_metadata(call: Call, change: model.SecretChange) -> model.SecretChange:
    given = call.parsed.spelled
    rotate = call.flags['rotate'] if 'rotate' in given else None
    if rotate is not None and rotate not in _POLICIES:
        raise errors.UsageError(f'rotate policy "{rotate}" not valid')
    return dataclasses.replace(
        change,
        label=call.flags['label'] if 'label' in given else None,
        description=call.flags['description'] if 'description' in given else None,
        rotate=rotate,
        expire=expiry(call.flags['expire'], time.time()) if 'expire' in given else None,
    )


def _content(call: Call, skip: int = 0) -> dict[str, str]:
    """Return the new content of file and arguments, ``key#base64`` and ``key#file`` resolved."""
    content: dict[str, str] = {}
    if call.flags['file']:
        for key, value in calls.scalars(call.content(call.flags['file'])).items():
            content.update((secretdata.entry(key, value or '', call.content),))
    for key, value in calls.pairs(call.args[skip:]).items():
        content.update((secretdata.entry(key, value, call.content),))
    return content


def _merged(before: model.SecretChange, change: model.SecretChange) -> model.SecretChange:
    given = {
        field.name: value
        for field in dataclasses.fields(change)
        if field.name not in ('action', 'id', 'owner')
        and (value := getattr(change, field.name)) is not None
    }
    return dataclasses.replace(before, **given)


def _wants_latest(call: Call) -> bool:
    return bool(call.flags['peek'] or call.flags['refresh'] or call.flags['update'])


def _pending_content(
    context: Context, secret_id: str | None, label: str | None, *, is_latest: bool
) -> Mapping[str, str] | None:
    """Return the content of a secret that this hook made, or changed and asks to see anew."""
    for change in context.secrets:
        is_it = change.id == secret_id if secret_id else bool(label) and change.label == label
        is_seen = change.action == 'add' or (change.action == 'set' and is_latest)
        if is_it and is_seen and change.content is not None:
            return change.content
    return None


def _owned(context: Context) -> dict[str, model.Secret]:
    """Return the secrets that the unit may change, as they will be if the hook succeeds."""
    committed = context.once('secrets', lambda: context.api.secrets(context.id))
    found = {secret.id: secret for secret in committed}
    for change in context.secrets:
        if change.action == 'remove' and change.revision is None:
            found.pop(change.id, None)
        elif change.action in ('add', 'set'):
            before = found.get(change.id) or model.Secret(
                change.id, change.owner, '', '', 0, 'never', None, None, ()
            )
            found[change.id] = dataclasses.replace(
                before,
                label=before.label if change.label is None else change.label,
                description=(
                    before.description if change.description is None else change.description
                ),
                rotate=change.rotate or before.rotate,
                expires=before.expires if change.expire is None else change.expire,
                # What is new has its first revision; the next one counts when the hook succeeds.
                revision=before.revision or 1,
            )
    return found


def _owned_or_refuse(context: Context, secret_id: str) -> None:
    if secret_id not in _owned(context):
        if context.is_leader():
            raise errors.Error(f'secret "{secret_id}" not found', 'not found')
        raise errors.Error('permission denied')


def _info(secret: model.Secret) -> dict[str, Any]:
    info: dict[str, Any] = {
        'revision': secret.revision,
        'label': secret.label,
        'owner': 'unit' if '/' in secret.owner else 'application',
        'rotation': secret.rotate,
    }
    if secret.description:
        info['description'] = secret.description
    if secret.expires is not None:
        info['expiry'] = formats.rfc3339(secret.expires)
    if secret.rotates is not None:
        info['rotates'] = formats.rfc3339(secret.rotates)
    if secret.grants:
        info['access'] = [
            {'target': _tag(target), 'scope': scope, 'role': 'view'}
            for target, scope in secret.grants
        ]
    return info


def _tag(target: str) -> str:
    return names.unit(target).tag if '/' in target else f'application-{target}'
