-- The whole state of a data directory. Times are seconds since the epoch (REAL), JSON is TEXT.
-- Rows are never reused where Juju never reuses a number: counters live in `sequence`.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One counter per thing and scope: unit numbers, relation, machine, storage, operation ids (contract 6.1).
CREATE TABLE sequence (
  model INTEGER NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (model, name)
) WITHOUT ROWID;

CREATE TABLE model (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL UNIQUE, life TEXT NOT NULL DEFAULT 'alive',
  config TEXT NOT NULL DEFAULT '{}', created REAL NOT NULL, constraints TEXT NOT NULL DEFAULT '{}'
);

-- A charm revision: content-addressed folder, metadata as parsed JSON.
CREATE TABLE charm (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL,
  metadata TEXT NOT NULL, version TEXT NOT NULL DEFAULT '',
  folder TEXT NOT NULL, model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  UNIQUE (model, name, revision)
);

CREATE TABLE machine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  name TEXT NOT NULL, life TEXT NOT NULL DEFAULT 'alive', address TEXT NOT NULL DEFAULT '',
  provider TEXT NOT NULL, boot_id TEXT NOT NULL DEFAULT '', base TEXT NOT NULL DEFAULT '{}',
  status TEXT NOT NULL DEFAULT 'pending', message TEXT NOT NULL DEFAULT '', since REAL NOT NULL,
  power TEXT NOT NULL DEFAULT 'on', -- what it is to be: on, off, frozen
  lost_at REAL, -- when its agents, which are away, are shown as lost; NULL while they are there
  UNIQUE (model, name)
);

-- What doesn't get through a machine's cable: from anybody or from `other`, all or one port.
CREATE TABLE cut (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine INTEGER NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  other INTEGER REFERENCES machine(id) ON DELETE CASCADE,
  port INTEGER, one_way INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE application (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  name TEXT NOT NULL, life TEXT NOT NULL DEFAULT 'alive',
  charm INTEGER NOT NULL REFERENCES charm(id), charm_modified INTEGER NOT NULL DEFAULT 1,
  settings TEXT NOT NULL DEFAULT '{}', trust INTEGER NOT NULL DEFAULT 0,
  exposed TEXT, -- NULL, or JSON {endpoint: [cidr, ...]}; '' is all endpoints
  constraints TEXT NOT NULL DEFAULT '{}', bindings TEXT NOT NULL DEFAULT '{}', resources TEXT NOT NULL DEFAULT '{}',
  storage TEXT NOT NULL DEFAULT '{}', -- directives: {name: {"pool", "count", "size"}}
  version TEXT NOT NULL DEFAULT '', -- workload version
  status TEXT, status_message TEXT, status_data TEXT, status_since REAL, -- set by the leader, else NULL
  leader_settings TEXT NOT NULL DEFAULT '{}',
  lease_holder INTEGER, lease_expires REAL, destroy_storage INTEGER NOT NULL DEFAULT 0,
  forced_charm INTEGER NOT NULL DEFAULT 0, -- the value of charm_modified that units in error take, too
  -- An application of another model as this one sees it: 'offer' if this one consumes its offer, 'consumer' if
  -- it consumes one of this model's. It has no units; `counterpart` is the real one, NULL once that is gone.
  remote TEXT, url TEXT NOT NULL DEFAULT '',
  counterpart INTEGER REFERENCES application(id) ON DELETE SET NULL,
  offer INTEGER REFERENCES offer(id) ON DELETE SET NULL, -- what is consumed, NULL once it is withdrawn
  UNIQUE (model, name)
);

-- What other models may relate to.
CREATE TABLE offer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  application INTEGER NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  name TEXT NOT NULL, endpoints TEXT NOT NULL, -- JSON: names
  UNIQUE (model, name)
);

CREATE TABLE unit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  application INTEGER NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, life TEXT NOT NULL DEFAULT 'alive',
  machine INTEGER REFERENCES machine(id), principal INTEGER REFERENCES unit(id),
  local TEXT NOT NULL DEFAULT '{}', -- model.LocalState
  running TEXT, -- model.Running, NULL when idle
  resolved TEXT, forced REAL NOT NULL DEFAULT 0, -- when a forced removal no longer waits for hooks
  destroy_storage INTEGER NOT NULL DEFAULT 0,
  workload_status TEXT NOT NULL DEFAULT 'waiting', workload_message TEXT NOT NULL DEFAULT 'waiting for machine',
  workload_data TEXT NOT NULL DEFAULT '{}', workload_since REAL NOT NULL,
  agent_status TEXT NOT NULL DEFAULT 'allocating', agent_message TEXT NOT NULL DEFAULT '',
  agent_data TEXT NOT NULL DEFAULT '{}', agent_since REAL NOT NULL,
  update_status_at REAL, version TEXT NOT NULL DEFAULT '', kv TEXT NOT NULL DEFAULT '{}',
  UNIQUE (application, number)
);

CREATE TABLE relation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- row; `number` is what people see
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, life TEXT NOT NULL DEFAULT 'alive',
  interface TEXT NOT NULL, scope TEXT NOT NULL DEFAULT 'global', since REAL NOT NULL,
  -- A relation between models is one in each: `other` is its twin, `offer` what it came by, in the offer's model.
  other INTEGER REFERENCES relation(id) ON DELETE SET NULL,
  offer INTEGER REFERENCES offer(id) ON DELETE SET NULL,
  suspended INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
  UNIQUE (model, number)
);

-- One row per side; a peer relation has one.
CREATE TABLE relation_endpoint (
  relation INTEGER NOT NULL REFERENCES relation(id) ON DELETE CASCADE,
  application INTEGER NOT NULL REFERENCES application(id),
  endpoint TEXT NOT NULL, role TEXT NOT NULL, implicit INTEGER NOT NULL DEFAULT 0,
  bag TEXT NOT NULL DEFAULT '{}', version INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (relation, application)
) WITHOUT ROWID;

-- A unit's bag outlives its membership: `scope` is 'in', 'departing' or 'left'.
CREATE TABLE relation_unit (
  relation INTEGER NOT NULL REFERENCES relation(id) ON DELETE CASCADE,
  unit_name TEXT NOT NULL, unit INTEGER, -- NULL once the unit is gone
  scope TEXT NOT NULL DEFAULT 'in', bag TEXT NOT NULL DEFAULT '{}', version INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (relation, unit_name)
) WITHOUT ROWID;

CREATE TABLE port (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  endpoint TEXT NOT NULL DEFAULT '', first INTEGER NOT NULL, last INTEGER NOT NULL, protocol TEXT NOT NULL,
  PRIMARY KEY (unit, endpoint, first, last, protocol)
) WITHOUT ROWID;

CREATE TABLE storage (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  name TEXT NOT NULL, -- 'data/0'
  unit INTEGER REFERENCES unit(id), life TEXT NOT NULL DEFAULT 'alive',
  kind TEXT NOT NULL, pool TEXT NOT NULL, size_mb INTEGER NOT NULL, location TEXT NOT NULL DEFAULT '', -- where the charm sees it
  folder TEXT NOT NULL DEFAULT '', -- where the data lie
  attached INTEGER NOT NULL DEFAULT 0, persistent INTEGER NOT NULL DEFAULT 1, owner TEXT NOT NULL DEFAULT '', since REAL NOT NULL,
  detaching INTEGER NOT NULL DEFAULT 0, released INTEGER NOT NULL DEFAULT 0, -- released: its data stay when it goes
  UNIQUE (model, name)
);

-- Pools that an operator made; those that every model has are in pools.py.
CREATE TABLE pool (
  model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  name TEXT NOT NULL, provider TEXT NOT NULL, attributes TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (model, name)
) WITHOUT ROWID;

CREATE TABLE secret (
  id TEXT NOT NULL, model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  owner TEXT NOT NULL, -- 'app', 'app/0' or '<model>'
  label TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
  rotate TEXT NOT NULL DEFAULT 'never', expires REAL, rotates REAL, created REAL NOT NULL, updated REAL NOT NULL,
  auto_prune INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (model, id)
) WITHOUT ROWID;
CREATE TABLE secret_revision (
  model INTEGER NOT NULL, secret TEXT NOT NULL, revision INTEGER NOT NULL,
  content TEXT NOT NULL, checksum TEXT NOT NULL, created REAL NOT NULL,
  PRIMARY KEY (model, secret, revision),
  FOREIGN KEY (model, secret) REFERENCES secret(model, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE secret_consumer (
  model INTEGER NOT NULL, secret TEXT NOT NULL, unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  label TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL,
  PRIMARY KEY (model, secret, unit),
  FOREIGN KEY (model, secret) REFERENCES secret(model, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE secret_grant (
  model INTEGER NOT NULL, secret TEXT NOT NULL, target TEXT NOT NULL, -- 'app' or 'app/0'
  relation INTEGER REFERENCES relation(id) ON DELETE CASCADE,
  PRIMARY KEY (model, secret, target),
  FOREIGN KEY (model, secret) REFERENCES secret(model, id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE operation (
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, summary TEXT NOT NULL, enqueued REAL NOT NULL, UNIQUE (model, number)
);
CREATE TABLE task (
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL REFERENCES model(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, operation INTEGER NOT NULL REFERENCES operation(id) ON DELETE CASCADE,
  unit INTEGER, receiver TEXT NOT NULL, -- 'app/0' or a machine's name
  name TEXT NOT NULL, params TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending',
  message TEXT NOT NULL DEFAULT '', results TEXT NOT NULL DEFAULT '{}', log TEXT NOT NULL DEFAULT '[]',
  enqueued REAL NOT NULL, started REAL, completed REAL, UNIQUE (model, number)
);

CREATE TABLE log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL, time REAL NOT NULL,
  entity TEXT NOT NULL, level TEXT NOT NULL, module TEXT NOT NULL, message TEXT NOT NULL
);
CREATE INDEX log_model ON log (model, id);

-- What units and machines said before: `show-status-log`.
CREATE TABLE status_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL, time REAL NOT NULL,
  entity TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL
);
CREATE INDEX status_log_entity ON status_log (model, entity, id);

CREATE INDEX unit_machine ON unit (machine);
CREATE INDEX unit_principal ON unit (principal);
CREATE INDEX relation_endpoint_application ON relation_endpoint (application);
CREATE INDEX relation_unit_unit ON relation_unit (unit);
CREATE INDEX storage_unit ON storage (unit);
CREATE INDEX task_unit ON task (unit, status);
