-- What a segment was at each computation: how large, and how many members came and went since the one before.
CREATE TABLE segment_statistics (
    workspace TEXT   NOT NULL REFERENCES workspaces (id),
    segment   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    size_rows BIGINT NOT NULL,
    all_rows  BIGINT NOT NULL,
    members   BIGINT NOT NULL,
    entered   BIGINT,
    gone      BIGINT,
    PRIMARY KEY (workspace, segment, at)
);
