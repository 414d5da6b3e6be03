"""The environment of a hook, an action or a ``juju-exec``: exactly Juju's list, nothing inherited.

Source: juju: internal/worker/uniter/runner/context/context.go (HookVars) and env.go,
juju: internal/worker/uniter/runner/runner.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import juju, model
from . import places

SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def base(unit: model.Unit, place: places.Places, context_id: str) -> dict[str, str]:
    """Return what every context has; the hook's name is empty."""
    return {
        'APT_LISTCHANGES_FRONTEND': 'none',
        'DEBIAN_FRONTEND': 'noninteractive',
        'LANG': 'C.UTF-8',
        'TERM': 'tmux-256color',
        'PATH': f'{place.tools}:{SYSTEM_PATH}',
        'CHARM_DIR': str(place.charm),
        'JUJU_CHARM_DIR': str(place.charm),
        'JUJU_CONTEXT_ID': context_id,
        'JUJU_HOOK_NAME': '',
        'JUJU_AGENT_SOCKET_ADDRESS': str(place.hook_socket),
        'JUJU_AGENT_SOCKET_NETWORK': 'unix',
        'JUJU_UNIT_NAME': unit.name,
        'JUJU_MODEL_NAME': unit.model,
        'JUJU_MODEL_UUID': unit.model_uuid,
        'JUJU_API_ADDRESSES': '127.0.0.1:17070',
        'JUJU_MACHINE_ID': unit.machine,
        'JUJU_PRINCIPAL_UNIT': unit.principal,
        'JUJU_AVAILABILITY_ZONE': '',
        'JUJU_VERSION': juju.JUJU_VERSION,
        'JUJU_SLA': 'unsupported',
        'CLOUD_API_VERSION': '',
        'JUJU_CHARM_HTTP_PROXY': '',
        'JUJU_CHARM_HTTPS_PROXY': '',
        'JUJU_CHARM_FTP_PROXY': '',
        'JUJU_CHARM_NO_PROXY': '',
    }


def of_proxies(settings: Mapping[str, str]) -> dict[str, str]:
    """Return what the model's proxies add, by ``http-proxy`` and the like.

    A charm is told of those that begin with ``juju-``, and may use them where it wants; the others
    are set for every program.
    """
    added: dict[str, str] = {}
    for key, value in settings.items():
        name = key.replace('-', '_')
        if key.startswith('juju-'):
            added[f'JUJU_CHARM_{name.removeprefix("juju_").upper()}'] = value
        elif value:
            added |= {name: value, name.upper(): value}
    return added


def of_hook(hook: model.Hook, storage: model.StorageView | None) -> dict[str, str]:
    """Return what a hook adds.

    Args:
        hook: The hook.
        storage: The storage that it is about, if any.
    """
    added = {'JUJU_HOOK_NAME': hook.name, 'JUJU_DISPATCH_PATH': f'hooks/{hook.name}'}
    if hook.relation is not None:
        added |= of_relation(
            str(hook.endpoint), hook.relation, hook.remote_app or '', hook.remote_unit or ''
        )
    if hook.kind == 'relation-departed':
        added['JUJU_DEPARTING_UNIT'] = hook.departing_unit or ''
    if hook.storage is not None:
        added['JUJU_STORAGE_ID'] = hook.storage
        added['JUJU_STORAGE_LOCATION'] = storage.location if storage else ''
        added['JUJU_STORAGE_KIND'] = storage.kind if storage else ''
    if hook.secret is not None:
        added['JUJU_SECRET_ID'] = f'secret:{hook.secret}'
        added['JUJU_SECRET_LABEL'] = hook.secret_label
        if hook.kind in ('secret-expired', 'secret-remove'):
            added['JUJU_SECRET_REVISION'] = str(hook.secret_revision)
    return added


def of_relation(endpoint: str, relation: int, application: str, unit: str) -> dict[str, str]:
    """Return what a relation adds to a hook or a ``juju-exec``."""
    return {
        'JUJU_RELATION': endpoint,
        'JUJU_RELATION_ID': f'{endpoint}:{relation}',
        'JUJU_REMOTE_UNIT': unit,
        'JUJU_REMOTE_APP': application,
    }


def of_action(task: model.Task) -> dict[str, str]:
    """Return what an action adds; the inner ``juju-exec`` has no script to dispatch to."""
    added = {
        'JUJU_ACTION_NAME': task.name,
        'JUJU_ACTION_UUID': str(task.id),
        'JUJU_ACTION_TAG': f'action-{task.id}',
    }
    if task.name != 'juju-exec':
        added['JUJU_DISPATCH_PATH'] = f'actions/{task.name}'
    return added
