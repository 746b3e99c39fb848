-- One row per creation request with an Idempotency-Key header, so that a repeated request gets the same link.
-- Rows are kept for one day.
CREATE TABLE idempotency (
    key        text        COLLATE "C" PRIMARY KEY,
    request    bytea       NOT NULL, -- SHA-256 of the request that stored the key
    link_id    bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- One row per running Terse server. Each server updates seen_at in its own row every few seconds.
CREATE TABLE server (
    name          text        PRIMARY KEY,
    node          integer,              -- node for minting ids; null while the server has no node
    zone          text,
    version       text        NOT NULL,
    configuration text        NOT NULL, -- a hash of the Terse server's settings
    since         timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL
);
