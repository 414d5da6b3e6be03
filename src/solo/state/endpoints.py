"""Which endpoints of two applications fit together.

Source: juju 3.6: state/state.go InferEndpoints; contract 6.2.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from .. import errors, names
from ..charm import metadata
from . import charms, db

_OPPOSITE = {'provides': 'requires', 'requires': 'provides'}


class End(NamedTuple):
    """One application with one of its endpoints."""

    application: sqlite3.Row
    endpoint: metadata.Endpoint

    def __str__(self) -> str:
        return f'{self.application["name"]}:{self.endpoint.name}'


def key(ends: Iterable[End]) -> str:
    """Return Juju's name of a relation, who requires first: ``web:db pg:server``."""
    return ' '.join(map(str, sorted(ends, key=lambda end: end.endpoint.role != 'requires')))


def split(text: str) -> tuple[str, str]:
    """Return application and endpoint ('' if none) of ``app[:endpoint]``.

    Raises:
        UsageError: ``endpoint "a:" not valid``.
    """
    application, colon, endpoint = text.partition(':')
    if not names.is_application(application) or (colon and not endpoint):
        raise errors.UsageError(f'endpoint "{text}" not valid')
    return application, endpoint


def infer(tx: db.Transaction, model: int, first: str, second: str) -> tuple[End, End]:
    """Return the one pair of endpoints that *first* and *second* can mean.

    Raises:
        Error: If none fits, or several do, in Juju's words.
    """
    ends = [_candidates(tx, model, text) for text in (first, second)]
    fitting = [pair for pair in itertools.product(*ends) if _fits(tx, pair[0], pair[1])]
    if not fitting:
        raise errors.Error('no relations found')
    explicit = [pair for pair in fitting if 'juju-info' not in (end.endpoint.name for end in pair)]
    if len(fitting) > 1 and explicit:
        fitting = explicit
    if len(fitting) > 1:
        choices = '; '.join(sorted(f'"{key(pair)}"' for pair in fitting))
        raise errors.Error(f'ambiguous relation: "{first} {second}" could refer to {choices}')
    return fitting[0][0], fitting[0][1]


def _candidates(tx: db.Transaction, model: int, text: str) -> list[End]:
    name, wanted = split(text)
    application = tx.one('SELECT * FROM application WHERE model = ? AND name = ?', model, name)
    if application is None or application['remote'] == 'consumer':
        raise errors.not_found('application', name)
    charm = charms.get(tx, application['charm'])
    if wanted:
        endpoint = charm.endpoint(wanted)
        if endpoint is None:
            raise errors.Error(f'application "{name}" has no "{wanted}" relation', 'not found')
        return [End(application, endpoint)]
    implicit = (metadata.JUJU_INFO,) if application['remote'] is None else ()
    return [End(application, end) for end in (*charm.endpoints, *implicit)]


def _fits(tx: db.Transaction, a: End, b: End) -> bool:
    if a.application['id'] == b.application['id'] or a.endpoint.interface != b.endpoint.interface:
        return False
    if _OPPOSITE.get(a.endpoint.role) != b.endpoint.role:
        return False
    if 'container' in (a.endpoint.scope, b.endpoint.scope):
        if any(end.application['remote'] is not None for end in (a, b)):
            return False  # what shares a machine shares a model
        return any(charms.get(tx, end.application['charm']).subordinate for end in (a, b))
    return True
