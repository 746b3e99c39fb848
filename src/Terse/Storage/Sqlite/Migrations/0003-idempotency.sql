-- Which link each request with an Idempotency-Key header created, so that a retry returns the same link. A
-- row is valid for one day.
CREATE TABLE idempotency (
    key        TEXT    NOT NULL PRIMARY KEY,
    request    BLOB    NOT NULL, -- SHA-256 of the request
    link_id    INTEGER NOT NULL,
    created_at INTEGER NOT NULL  -- milliseconds since 1970, UTC
) STRICT;
CREATE INDEX idempotency_created_at ON idempotency (created_at);
