"""How a database of an older release becomes one of this release: a step for each schema."""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[int, str] = {
    # 1 to 2: pools and detaching of storage, histories of status, constraints, kept resources.
    1: """
        ALTER TABLE model ADD COLUMN constraints TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE application ADD COLUMN forced_charm INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE storage ADD COLUMN detaching INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE storage ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE pool (
            model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
            name TEXT NOT NULL, provider TEXT NOT NULL, attributes TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (model, name)
        ) WITHOUT ROWID;
        CREATE TABLE status_log (
            id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL, time REAL NOT NULL,
            entity TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL
        );
        CREATE INDEX status_log_entity ON status_log (model, entity, id);
        -- Before, a resource was the path of somebody's file; now it is a copy of our own.
        UPDATE application SET resources = '{}';
    """,
    # 2 to 3: machines with power, and cables that are cut.
    2: """
        ALTER TABLE machine ADD COLUMN power TEXT NOT NULL DEFAULT 'on';
        ALTER TABLE machine ADD COLUMN lost_at REAL;
        CREATE TABLE cut (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            machine INTEGER NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
            other INTEGER REFERENCES machine(id) ON DELETE CASCADE,
            port INTEGER, one_way INTEGER NOT NULL DEFAULT 0
        );
    """,
    # 3 to 4: offers, and relations between models.
    3: """
        CREATE TABLE offer (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            application INTEGER NOT NULL REFERENCES application(id) ON DELETE CASCADE,
            model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
            name TEXT NOT NULL, endpoints TEXT NOT NULL,
            UNIQUE (model, name)
        );
        ALTER TABLE application ADD COLUMN remote TEXT;
        ALTER TABLE application ADD COLUMN url TEXT NOT NULL DEFAULT '';
        ALTER TABLE application ADD COLUMN counterpart INTEGER
            REFERENCES application(id) ON DELETE SET NULL;
        ALTER TABLE application ADD COLUMN offer INTEGER REFERENCES offer(id) ON DELETE SET NULL;
        ALTER TABLE relation ADD COLUMN other INTEGER
            REFERENCES relation(id) ON DELETE SET NULL;
        ALTER TABLE relation ADD COLUMN offer INTEGER REFERENCES offer(id) ON DELETE SET NULL;
        ALTER TABLE relation ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE relation ADD COLUMN reason TEXT NOT NULL DEFAULT '';
    """,
}

SCHEMA = 1 + max(STEPS)
