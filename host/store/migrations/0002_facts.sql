-- What was observed of a model's data: its columns, how unique its key is, the values of a categorical field. Bodies are sealed, since
-- they may hold values of rows. A fact is replaced by the next one of its kind.
CREATE TABLE facts (
    workspace TEXT   NOT NULL REFERENCES workspaces (id),
    model     TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    sealed    BLOB   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (workspace, model, kind)
);
