"""The charm: every event ends in the same reconcile, application by application."""

from __future__ import annotations

import logging
from pathlib import Path

import ops

from pgcharm import errors, layout, network, voting

from . import voter

_log = logging.getLogger(__name__)

_STATUSES = {
    'blocked': ops.BlockedStatus,
    'waiting': ops.WaitingStatus,
    'active': ops.ActiveStatus,
}
"""The worst first."""


class WitnessCharm(ops.CharmBase):
    """Passes events on, and shows what came of them."""

    machine: voter.Machine = voter.REAL

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        for name, event in self.on.events().items():
            if name in ('stop', 'remove'):
                framework.observe(event, self._end)
            elif name not in ('collect_app_status', 'collect_unit_status', 'collect_metrics'):
                framework.observe(event, self._reconcile)

    @property
    def _folder(self) -> Path:
        """What is below belongs to the members, a folder each, named as the applications."""
        return self.charm_dir / 'var'

    def _places(self, application: str) -> layout.Layout:
        return layout.Layout(
            voting.pseudo_unit(self.unit.name, application),
            self.model.uuid,
            self._folder / application,
            voter.USER,
        )

    def _end(self, _event: ops.EventBase) -> None:
        self._leave_all_but(set())

    def _leave_all_but(self, applications: set[str]) -> None:
        for folder in sorted(self._folder.glob('*')):
            if folder.name not in applications:
                self.unit.status = ops.MaintenanceStatus(f'giving up the vote for {folder.name}')
                self.machine.leave(self._places(folder.name))

    def _reconcile(self, _event: ops.EventBase) -> None:
        try:
            self.unit.status = self._vote()
        except errors.Error as error:
            self.unit.status = ops.BlockedStatus(str(error)[:120])

    def _vote(self) -> ops.StatusBase:
        missing = self.machine.missing()
        if missing:
            self.unit.status = ops.MaintenanceStatus(f'installing {" ".join(missing)}')
            self.machine.install(missing, lambda line: _log.info('%s', line))
        relations = [one for one in self.model.relations[voting.RELATION] if one.active]
        self._leave_all_but({one.app.name for one in relations})
        addresses = network.addresses(self.model, (voting.RELATION,))
        if addresses is None:
            return ops.WaitingStatus('waiting for an address')
        if not relations:
            return ops.BlockedStatus('no application: integrate this with postgresql')
        found = {one.app.name: self._vote_for(one, addresses) for one in relations}
        return _status(found)

    def _vote_for(self, relation: ops.Relation, addresses: network.Addresses) -> voter.State:
        places = self._places(relation.app.name)
        names = (addresses.own, *(one for one in addresses.names if one != addresses.own))
        terms = voting.read_terms(relation.data[relation.app])
        asked = self.machine.ask(places, self.unit.name, names)
        state = voter.WAITS
        if terms is not None and terms.unit != self.unit.name:
            state = voter.State('is spare for', 'active')
        elif terms is not None and terms.refused:
            state = voter.State(f'{terms.refused}; refused by', 'blocked')
        elif terms is not None and terms.certificate:
            state = self.machine.settle(places, terms, asked)
            asked = voter.answered(asked, terms.call)
        relation.data[self.unit].update(asked.to_bag())
        return state


def _status(found: dict[str, voter.State]) -> ops.StatusBase:
    """Return what the unit does for each application, those that it does the same for together."""
    lines: dict[str, list[str]] = {}
    for application, state in sorted(found.items()):
        lines.setdefault(state.words, []).append(application)
    text = '; '.join(f'{words} {", ".join(names)}' for words, names in lines.items())
    worst = min((state.name for state in found.values()), key=list(_STATUSES).index)
    return _STATUSES[worst](text[:120])
