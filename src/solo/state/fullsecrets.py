"""What ``juju secrets`` and ``juju show-secret`` say.

Source: juju: cmd/juju/secrets/list.go (gatherSecretInfo); contract 4.4.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .. import formats
from . import db, relations, secrets, usersecrets

Json = dict[str, Any]


def listed(tx: db.Transaction, model: int, *, owner: str, revisions: bool) -> Json:
    """Return every secret of the model by its id, or those of one owner."""
    return {
        row['id']: _entry(tx, row, reveal=0, revisions=revisions)
        for row in tx.all('SELECT * FROM secret WHERE model = ? ORDER BY created, id', model)
        if owner in ('', row['owner'])
    }


def shown(
    tx: db.Transaction, row: sqlite3.Row, *, reveal: bool, revision: int, revisions: bool
) -> Json:
    """Return one secret by its id.

    Args:
        reveal: Whether with its content, of *revision* or of the latest.

    Raises:
        Error: If there is no such revision.
    """
    newest = secrets.latest(tx, row['model'], row['id'])
    entry = _entry(tx, row, reveal=(revision or newest) if reveal else 0, revisions=revisions)
    access = _access(tx, row)
    if access:
        entry['access'] = access
    if revision:
        secrets.revision(tx, row, revision)
    return {row['id']: entry}


def _entry(tx: db.Transaction, row: sqlite3.Row, *, reveal: int, revisions: bool) -> Json:
    is_user = row['owner'] == usersecrets.OWNER
    newest = secrets.latest(tx, row['model'], row['id'])
    found: Json = {'revision': newest}
    if reveal:
        found['checksum'] = secrets.revision(tx, row, newest)['checksum']
    if row['expires'] is not None:
        found['expires'] = formats.rfc3339(row['expires'])
    found['rotation'] = row['rotate']
    if row['rotates'] is not None:
        found['rotates'] = formats.rfc3339(row['rotates'])
    found['owner'] = row['owner']
    if row['description']:
        found['description'] = row['description']
    if row['label']:
        found['name' if is_user else 'label'] = row['label']
    found['created'] = formats.rfc3339(row['created'])
    found['updated'] = formats.rfc3339(row['updated'])
    if reveal:
        found['content'] = {'Data': json.loads(secrets.revision(tx, row, reveal)['content'])}
    if revisions:
        found['revisions'] = [
            {
                'revision': each['revision'],
                'backend': 'internal',
                'created': formats.rfc3339(each['created']),
                'updated': formats.rfc3339(each['created']),
            }
            for each in tx.all(
                'SELECT * FROM secret_revision WHERE model = ? AND secret = ? ORDER BY revision',
                row['model'],
                row['id'],
            )
        ]
    return found


def _access(tx: db.Transaction, row: sqlite3.Row) -> list[Json]:
    model = tx.value('SELECT uuid FROM model WHERE id = ?', row['model'])
    found: list[Json] = []
    for grant in tx.all(
        'SELECT * FROM secret_grant WHERE model = ? AND secret = ? ORDER BY target',
        row['model'],
        row['id'],
    ):
        kind = 'unit' if '/' in grant['target'] else 'application'
        scope = f'model-{model}'
        if grant['relation'] is not None:
            key = relations.key(tx, grant['relation'])
            scope = 'relation-' + key.replace(':', '.').replace(' ', '#')
        target = f'{kind}-{grant["target"].replace("/", "-")}'
        found.append({'target': target, 'scope': scope, 'role': 'view'})
    return found
