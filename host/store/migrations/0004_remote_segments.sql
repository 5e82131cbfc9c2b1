-- The last readings of a remote segment. Sealed, since samples of identifiers are in it.
CREATE TABLE remote_segments (
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    segment   TEXT NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (workspace, segment)
);
