-- What creations with an Idempotency-Key led to, so that a retry gets the same link; kept for a day.
CREATE TABLE idempotency (
    key        text        COLLATE "C" PRIMARY KEY,
    request    bytea       NOT NULL, -- SHA-256 of what was asked for
    link_id    bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- Who serves, as each server tells of itself every few seconds.
CREATE TABLE server (
    name          text        PRIMARY KEY,
    node          integer,              -- null while it holds none
    zone          text,
    version       text        NOT NULL,
    configuration text        NOT NULL, -- a hash of its settings
    since         timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL
);
