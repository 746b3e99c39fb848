-- What creations with an Idempotency-Key led to, so that a retry gets the same link; kept for a day.
CREATE TABLE idempotency (
    key        TEXT    NOT NULL PRIMARY KEY,
    request    BLOB    NOT NULL, -- SHA-256 of what was asked for
    link_id    INTEGER NOT NULL,
    created_at INTEGER NOT NULL  -- milliseconds since 1970, UTC
) STRICT;
CREATE INDEX idempotency_created_at ON idempotency (created_at);
