"""``deploy`` of a bundle: prepare its charms, then do all of it in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import constraints, errors, names, offerurl, wire
from ...bundle import plan, spec
from ...charm import archive, assumes, metadata, prepare
from ...state import (
    applications,
    charms,
    crossmodel,
    db,
    fullbundle,
    machines,
    models,
    offers,
    storage,
    units,
)
from ...state import resources as files
from .. import bundles, resources, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make the model what ``bundle`` asks for, or only tell with ``dry_run``.

    Returns:
        The ``lines`` that Juju prints, one or more for each change.
    """
    bundle = bundles.read(params['bundle'], emit)
    _check_trust(bundle, params)
    given = wire.mapping(params, 'machines')
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        there = fullbundle.model(tx, model['id'])
        if params.get('existing_machines'):
            given = {**{name: name for name in there.machines}, **given}
        if params.get('dry_run'):
            known = _known(tx, model['id'], bundle)
            bundle = bundles.completed(bundle, there, known)
            return _told(plan.changes(bundle, there, given, fullbundle.BASE))
        sources = {
            each.charm: _source(tx, model['id'], each.charm)
            for name, each in bundle.applications.items()
            if name not in there.applications
        }
    ready = {
        charm: source
        if isinstance(source, prepare.Prepared)
        else prepare.prepare(source, controller.data, lambda text: emit({'progress': text}))
        for charm, source in sources.items()
    }
    for each in ready.values() if not params.get('force') else ():
        assumes.check(each.charm.assumes, each.charm.min_juju_version)
    uploaded = {
        name: resources.upload(controller, each.resources)
        for name, each in bundle.applications.items()
        if name not in there.applications
    }
    with controller.database.write() as tx:
        there = fullbundle.model(tx, model['id'])
        known = _known(tx, model['id'], bundle)
        known.update(
            {
                name: ready[each.charm].charm
                for name, each in bundle.applications.items()
                if name not in there.applications and each.charm in ready
            }
        )
        bundle = bundles.completed(bundle, there, known)
        changes = plan.changes(bundle, there, given, fullbundle.BASE)
        _Doer(tx, model, bundle, ready, uploaded).do(changes)
    return _told(changes)


def _told(changes: list[plan.Change]) -> dict[str, Any]:
    return {
        'lines': [line for change in changes for line in change.lines()],
        'applications': sorted({name for change in changes for name in _concerned(change)}),
    }


def _concerned(change: plan.Change) -> list[str]:
    """Return the application whose units will run hooks for a change."""
    if isinstance(change, plan.AddUnit):
        return [names.unit(change.unit).application]
    return [change.name] if isinstance(change, plan.Deploy | plan.SetOptions) else []


def _check_trust(bundle: spec.Bundle, params: wire.Json) -> None:
    wanted = sorted(name for name, each in bundle.applications.items() if each.trust)
    if wanted and not params.get('trust') and not params.get('force'):
        listed = '\n'.join(f'  - {name}' for name in wanted)
        raise errors.Error(
            'Bundle cannot be deployed without trusting applications with your cloud credentials.'
            '\nPlease repeat the deploy command with the --trust argument if you consent to trust '
            f'the following application(s):\n{listed}'
        )


def _known(tx: db.Transaction, model: int, bundle: spec.Bundle) -> dict[str, metadata.Charm]:
    """Return the charms of the bundle's applications that are there."""
    return {
        row['name']: charms.get(tx, row['charm'])
        for row in tx.all(
            'SELECT name, charm FROM application WHERE model = ? AND remote IS NULL', model
        )
        if row['name'] in bundle.applications
    }


def _source(tx: db.Transaction, model: int, charm: str) -> Any:
    """Return where a charm comes from: a path, or one that was deployed before.

    ``local:name-0``, as ``export-bundle`` writes it, is the revision of this model or another; if
    it is not known any more, the charm of that name that comes with solo.

    Raises:
        Error: If there is none.
    """
    scheme, _, name = charm.rpartition(':')
    if scheme != 'local':
        return archive.find(name if scheme else charm)
    short, _, revision = name.rpartition('-')
    row = revision.isdigit() and tx.one(
        'SELECT * FROM charm WHERE name = ? AND revision = ? ORDER BY model = ? DESC, id DESC',
        short,
        int(revision),
        model,
    )
    if row:
        return prepare.Prepared(
            charms.get(tx, row['id']), row['digest'], charms.folder(tx, row['id']), row['version']
        )
    try:
        return archive.find(short if revision.isdigit() else name)
    except errors.Error:
        raise errors.Error(
            f'charm "{charm}" is not known here; give its path in the bundle, such as "./{short}"',
            'not found',
        ) from None


class _Doer:
    """Does changes in a transaction, of which nothing stays if one can't be done."""

    def __init__(
        self,
        tx: db.Transaction,
        model: Any,
        bundle: spec.Bundle,
        ready: Mapping[str, prepare.Prepared],
        uploaded: Mapping[str, Mapping[str, files.Resource]],
    ) -> None:
        self._tx = tx
        self._model = model
        self._bundle = bundle
        self._ready = ready
        self._uploaded = uploaded
        self._charms: dict[str, int] = {}
        self._provider = models.provider(model)
        self._now = time.time()

    def do(self, changes: list[plan.Change]) -> None:
        """Do all of them, machines first: so each gets the number that it was told to get."""
        wanted = {
            each.machine for each in changes if isinstance(each, plan.AddMachine | plan.AddUnit)
        }
        for name in sorted(wanted, key=names.natural):
            if not self._tx.one(
                'SELECT 1 FROM machine WHERE model = ? AND name = ?', self._model['id'], name
            ):
                machines.add(self._tx, self._model['id'], provider=self._provider, now=self._now)
        for change in changes:
            self._do(change)

    def _do(self, change: plan.Change) -> None:
        tx, model = self._tx, self._model['id']
        match change:
            case plan.UploadCharm(charm):
                self._charms[charm] = self._upload(charm)
            case plan.Deploy(name):
                _named(f'cannot deploy application "{name}"', self._deploy, name)
            case plan.Expose(name, exposure):
                row = applications.find(tx, model, name)
                for endpoint, cidrs in exposure.items():
                    applications.expose(tx, row, (endpoint,) if endpoint else (), cidrs)
                    row = applications.find(tx, model, name)
            case plan.SetOptions(name, options):
                texts = {key: fullbundle.text(value) for key, value in options.items()}
                applications.set_config(tx, applications.find(tx, model, name), texts, ())
            case plan.SetConstraints(name, wanted):
                found = json.dumps(constraints.parse([wanted]))
                tx.update(
                    'application', applications.find(tx, model, name)['id'], constraints=found
                )
            case plan.Consume(name, url):
                crossmodel.consume(tx, model, offerurl.parse(url), name)
            case plan.MakeOffer(name, application, endpoints):
                offers.offer(tx, model, application, endpoints, name)
            case plan.Relate(first, second):
                where = f'cannot add relation between "{first}" and "{second}"'
                _named(where, self._relate, str(first), str(second))
            case plan.AddUnit(unit, machine):
                row = applications.find(tx, model, names.unit(unit).application)
                units.add(tx, row, count=1, to=(machine,), provider=self._provider, now=self._now)
            case plan.AddMachine():
                pass  # it is there

    def _upload(self, charm: str) -> int:
        ready = self._ready[charm]
        scheme, _, name = charm.rpartition(':')
        there = scheme == 'local' and self._tx.value(
            "SELECT id FROM charm WHERE model = ? AND name || '-' || revision = ?",
            self._model['id'],
            name,
        )
        return there or charms.add(self._tx, self._model['id'], ready)

    def _deploy(self, name: str) -> None:
        wanted = self._bundle.applications[name]
        applications.deploy(
            self._tx,
            self._model['id'],
            name,
            self._charms[wanted.charm],
            count=1 if self._ready[wanted.charm].charm.subordinate else 0,
            settings={key: fullbundle.text(value) for key, value in wanted.options.items()},
            to=(),
            storage={key: storage.directive(text) for key, text in wanted.storage.items()},
            attach=(),
            trust=wanted.trust,
            constraints=constraints.parse([wanted.constraints]),
            bindings=wanted.bindings,
            resources=self._uploaded[name],
            provider=self._provider,
            now=self._now,
        )

    def _relate(self, first: str, second: str) -> None:
        crossmodel.integrate(self._tx, self._model['id'], first, second, now=self._now)


def _named(what: str, do: Any, *args: Any) -> None:
    """Do it; a refusal says first what could not be done."""
    try:
        do(*args)
    except errors.Error as error:
        raise errors.Error(f'{what}: {error.message}', error.code) from error
