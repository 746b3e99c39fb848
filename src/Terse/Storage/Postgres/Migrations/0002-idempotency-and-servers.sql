-- The links of creations with an Idempotency-Key, so that a retry gets the same link; kept for a day.
CREATE TABLE idempotency (
    key        text        COLLATE "C" PRIMARY KEY,
    request    bytea       NOT NULL, -- SHA-256 of the request
    link_id    bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- The running servers; each server renews its row every few seconds.
CREATE TABLE server (
    name          text        PRIMARY KEY,
    node          integer,              -- null while the server holds no node
    zone          text,
    version       text        NOT NULL,
    configuration text        NOT NULL, -- a hash of its settings
    since         timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL
);
