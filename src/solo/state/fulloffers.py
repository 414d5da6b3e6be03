"""What ``juju status`` says of offers: those that a model consumes, and those that it makes.

Source: juju: cmd/juju/status/formatted.go (remoteApplicationStatus, offerStatus).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from . import crossmodel, db, offers

Json = dict[str, Any]
Info = Callable[[str, str, 'float | None'], Json]


def status(tx: db.Transaction, model: int, info: Info) -> Json:
    """Return ``application-endpoints`` and ``offers``, where there are any.

    Args:
        tx: A reading transaction.
        model: The model's row.
        info: Returns a status of current, message and since.
    """
    consumed = {
        row['name']: _consumed(tx, row, info)
        for row in tx.all(
            "SELECT * FROM application WHERE model = ? AND remote = 'offer' ORDER BY name", model
        )
    }
    made = {row['name']: _made(tx, row) for row in offers.of_model(tx, model)}
    found: Json = {'application-endpoints': consumed, 'offers': made}
    return {key: each for key, each in found.items() if each}


def _consumed(tx: db.Transaction, row: Any, info: Info) -> Json:
    from . import fullstatus  # which uses us

    behind = crossmodel.offered_application(tx, row)
    if behind is None:
        told = info('terminated', 'offer has been removed', None)
    else:
        seen = fullstatus.application_status(tx, behind['id'])
        told = info(seen['status'], seen['message'], seen['since'])
    relations: defaultdict[str, list[str]] = defaultdict(list)
    for end in tx.all(
        'SELECT e.endpoint, a.name FROM relation_endpoint e'
        ' JOIN relation_endpoint o ON o.relation = e.relation AND o.application != e.application'
        ' JOIN application a ON a.id = o.application WHERE e.application = ? ORDER BY a.name',
        row['id'],
    ):
        relations[end['endpoint']].append(end['name'])
    found: Json = {
        'url': row['url'],
        'endpoints': offers.shown_endpoints(crossmodel.consumed_endpoints(tx, row)),
        'life': '' if row['life'] == 'alive' else row['life'],
        'application-status': told,
        'relations': dict(relations),
    }
    return {key: each for key, each in found.items() if each}


def _made(tx: db.Transaction, row: Any) -> Json:
    shown = offers.shown(tx, row, utc=False)
    states = [each['status']['current'] for each in shown['connections']]
    found: Json = {
        'application': shown['application'],
        'charm': shown['charm'],
        'total-connected-count': len(states),
        'active-connected-count': states.count('joined'),
    }
    counted = {key: each for key, each in found.items() if each}
    return {**counted, 'endpoints': shown['endpoints']}
