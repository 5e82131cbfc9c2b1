-- Activations that Sluice itself has paused, because of something that is broken. A person's switch is in the activation.
CREATE TABLE pauses (
    activation TEXT PRIMARY KEY,
    workspace  TEXT    NOT NULL REFERENCES workspaces (id),
    at         INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    culprit    TEXT    NOT NULL,
    checks     INTEGER NOT NULL,
    check_at   INTEGER NOT NULL
);
