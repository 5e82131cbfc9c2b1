-- What credentials of destinations were exchanged for: refresh and access token, sealed together. A row stays when it is emptied, since
-- its generation must not be used twice.
CREATE TABLE tokens (
    workspace    TEXT    NOT NULL REFERENCES workspaces (id),
    destination  TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    sealed       BLOB,
    connected_at INTEGER,
    connected_by TEXT,
    got_at       INTEGER,
    ends_at      INTEGER,
    exposed      TEXT    NOT NULL DEFAULT '{}',
    refused_at   INTEGER,
    refused_code TEXT,
    refused_why  TEXT,
    PRIMARY KEY (workspace, destination, name)
);
