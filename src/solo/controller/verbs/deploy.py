"""``deploy``: prepare the charm, then add the application with its units in one transaction."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from ... import constraints, errors, wire
from ...charm import archive, assumes, prepare
from ...state import applications, bindings, charms, fullbundle, models, storage
from .. import resources, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Deploy a charm; see ``cli/deploy.py`` for the parameters."""
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        name = params.get('application') or ''
        if name:  # before the environment is built, which may take a while
            applications.refuse_taken(tx, model['id'], name)
    known, ready = _charm(controller, model['id'], params['charm'], emit)
    if not params.get('force'):
        assumes.check(ready.charm.assumes, ready.charm.min_juju_version)
    name = name or ready.charm.name
    settings = {**file_settings(params.get('config_file_text', ''), name), **params['config']}
    uploaded = resources.upload(controller, wire.mapping(params, 'resources'))
    now = time.time()
    with controller.database.write() as tx:
        charm = known or charms.add(tx, model['id'], ready)
        units = applications.deploy(
            tx,
            model['id'],
            name,
            charm,
            count=params.get('num_units', 1),
            settings=settings,
            to=params.get('to') or (),
            storage={
                key: storage.directive(text)
                for key, text in wire.mapping(params, 'storage').items()
            },
            attach=params.get('attach_storage') or (),
            trust=bool(params.get('trust')),
            constraints=constraints.parse([params.get('constraints') or '']),
            bindings=bindings.parse(ready.charm, params.get('bind') or ''),
            resources=uploaded,
            provider=models.provider(model),
            now=now,
        )
        revision = tx.value('SELECT revision FROM charm WHERE id = ?', charm)
    return {
        'application': name,
        'charm': ready.charm.name,
        'revision': revision,
        'base': fullbundle.BASE,
        'origin': 'local',
        'located': known is None,
        'units': units,
    }


def _charm(
    controller: Controller, model: int, given: str, emit: server.Emit
) -> tuple[int | None, prepare.Prepared]:
    """Return the row of a revision that the model has, ``local:name-0``, else None; and it."""
    if given.startswith('local:'):
        with controller.database.read() as tx:
            row = charms.by_url(tx, model, given)
            return row, charms.prepared(tx, row)
    source = archive.find(given)
    return None, prepare.prepare(source, controller.data, lambda text: emit({'progress': text}))


def file_settings(text: str, application: str) -> dict[str, str]:
    """Return the application's options of a config file, ``{app: {key: value}}``.

    Raises:
        Error: If it is no YAML, or says nothing of the application.
    """
    if not text:
        return {}
    import yaml

    try:
        read: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise errors.Error(f'cannot parse settings data: {" ".join(str(error).split())}') from None
    whole = cast('wire.Json', read if isinstance(read, dict) else {})
    if not isinstance(whole.get(application), dict):
        raise errors.Error(f'no settings found for "{application}"')
    return {
        key: ('true' if value else 'false') if isinstance(value, bool) else str(value)
        for key, value in wire.mapping(whole, application).items()
    }
