-- One text for SQLite and PostgreSQL: TEXT, BIGINT and a binary type only; times are microseconds since 1970-01-01T00:00:00Z; JSON is text
-- that only the application reads. Every table of a tenant starts with its workspace.

-- `needs` is the oldest schema version that code must know to work with this database. A migration that only expands leaves it
-- alone, so the release before starts on the new schema; one that contracts raises it.
CREATE TABLE schema_needs (
    needs BIGINT NOT NULL
);
INSERT INTO schema_needs (needs) VALUES (1);

CREATE TABLE workspaces (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    time_zone  TEXT   NOT NULL,
    data_key   BLOB   NOT NULL,
    revision   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE objects (
    workspace  TEXT   NOT NULL REFERENCES workspaces (id),
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (workspace, kind, id)
);
CREATE UNIQUE INDEX objects_by_name ON objects (workspace, kind, name) WHERE deleted_at IS NULL;

-- Which object refers to which; written with the object, read by deletes.
CREATE TABLE object_references (
    workspace TEXT NOT NULL,
    from_kind TEXT NOT NULL,
    from_id   TEXT NOT NULL,
    to_kind   TEXT NOT NULL,
    to_id     TEXT NOT NULL,
    PRIMARY KEY (workspace, from_kind, from_id, to_kind, to_id)
);
CREATE INDEX object_references_by_target ON object_references (workspace, to_kind, to_id);

CREATE TABLE audit (
    workspace    TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    old_revision BIGINT,
    new_revision BIGINT,
    details      TEXT   NOT NULL,
    PRIMARY KEY (workspace, seq)
);

CREATE TABLE connectors (
    workspace    TEXT   NOT NULL REFERENCES workspaces (id),
    digest       TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    version      TEXT   NOT NULL,
    manifest     TEXT   NOT NULL,
    size_bytes   BIGINT NOT NULL,
    installed_at BIGINT NOT NULL,
    active       BIGINT NOT NULL,
    PRIMARY KEY (workspace, digest)
);
CREATE UNIQUE INDEX connectors_active ON connectors (workspace, id) WHERE active = 1;

CREATE TABLE credentials (
    workspace   TEXT   NOT NULL,
    destination TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    sealed      BLOB   NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (workspace, destination, name)
);

CREATE TABLE api_keys (
    id           TEXT   NOT NULL PRIMARY KEY,
    workspace    TEXT,
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    secret_hash  TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT
);

CREATE TABLE runs (
    id                  TEXT   NOT NULL PRIMARY KEY,
    workspace           TEXT   NOT NULL REFERENCES workspaces (id),
    activation          TEXT   NOT NULL,
    activation_revision BIGINT NOT NULL,
    trigger_kind        TEXT   NOT NULL,
    triggered_by        TEXT   NOT NULL,
    flags               TEXT   NOT NULL,
    state               TEXT   NOT NULL,
    created_at          BIGINT NOT NULL,
    started_at          BIGINT,
    finished_at         BIGINT,
    frozen_now          BIGINT NOT NULL,
    component           TEXT,
    counters            TEXT   NOT NULL,
    details             TEXT   NOT NULL,
    failure_code        TEXT,
    failure_cause       TEXT,
    hold_code           TEXT,
    hold_diff           TEXT,
    hold_cause          TEXT,
    hold_expires_at     BIGINT,
    decision            TEXT,
    decision_diff       TEXT,
    decision_by         TEXT,
    decision_at         BIGINT,
    cancel_requested    BIGINT NOT NULL,
    wake_at             BIGINT,
    epoch               BIGINT NOT NULL,
    worker              TEXT,
    lease_until         BIGINT,
    journal_next        BIGINT NOT NULL,
    egress_next         BIGINT NOT NULL
);
-- Never two runs of one activation at once.
CREATE UNIQUE INDEX runs_one_active ON runs (activation) WHERE finished_at IS NULL;
CREATE INDEX runs_by_workspace ON runs (workspace, id);
CREATE INDEX runs_by_activation ON runs (workspace, activation, id);
CREATE INDEX runs_open ON runs (created_at) WHERE finished_at IS NULL;

CREATE TABLE journal (
    run  TEXT   NOT NULL,
    seq  BIGINT NOT NULL,
    body BLOB   NOT NULL,
    PRIMARY KEY (run, seq)
);

-- `cause` is the run, or the destination whose test or discovery made the request.
CREATE TABLE egress (
    workspace TEXT   NOT NULL,
    cause     TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    component TEXT   NOT NULL,
    host      TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (cause, seq)
);
CREATE INDEX egress_by_component ON egress (workspace, component, host, at);
CREATE INDEX egress_by_time ON egress (at);

-- What an activation holds between runs: where its ledger stands and what the connector's `setup` returned.
CREATE TABLE activation_states (
    activation  TEXT   NOT NULL PRIMARY KEY,
    workspace   TEXT   NOT NULL,
    ledger      TEXT,
    keep        BLOB,
    last_end    BIGINT,
    next_due    BIGINT,
    skipped     BIGINT NOT NULL,
    approved_at BIGINT
);
CREATE INDEX activation_states_due ON activation_states (next_due) WHERE next_due IS NOT NULL;

-- Rows removed at the destination, per run, for the guard over 24 hours.
CREATE TABLE removals (
    run           TEXT   NOT NULL PRIMARY KEY,
    activation    TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    removed_rows  BIGINT NOT NULL
);
CREATE INDEX removals_by_activation ON removals (activation, at);

CREATE TABLE idempotency (
    scope      TEXT   NOT NULL,
    client_key TEXT   NOT NULL,
    body_hash  TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    response   TEXT,
    PRIMARY KEY (scope, client_key)
);
