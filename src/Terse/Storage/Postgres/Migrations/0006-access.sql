-- API keys, audit, blocks and reports.

-- API keys (the class ApiKey). The rows of revoked keys stay for a year.
CREATE TABLE api_key (
    id         text        COLLATE "C" PRIMARY KEY, -- random; the part of the key after "terse_"
    name       text        NOT NULL,
    role       text        NOT NULL,
    scope      text,                 -- JSON of the class KeyScope; null for a key without limits
    secret     bytea       NOT NULL, -- SHA-256
    old_secret bytea,                -- SHA-256 of the secret before the last rotation
    old_until  timestamptz,          -- when the old secret expires
    created_at timestamptz NOT NULL,
    created_by text,                 -- the id of a key; null for the command
    expires_at timestamptz,
    revoked_at timestamptz
);

-- The hour of the last use of each key. A table of its own, because a use is no change of the key.
CREATE TABLE api_key_use (
    key_id  text        COLLATE "C" PRIMARY KEY,
    used_at timestamptz NOT NULL
);

CREATE TABLE api_key_state (
    one      integer PRIMARY KEY CHECK (one = 1),
    version  bigint  NOT NULL, -- each change of the table api_key adds 1
    revision uuid    NOT NULL  -- a new random value with each change, because a failover can lose versions
);
INSERT INTO api_key_state (one, version, revision) VALUES (1, 0, gen_random_uuid());

CREATE FUNCTION api_key_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE api_key_state SET version = version + 1, revision = gen_random_uuid();
    NOTIFY key_change;
    RETURN NULL;
END $$;
CREATE TRIGGER api_key_changed AFTER INSERT OR UPDATE OR DELETE ON api_key
    FOR EACH STATEMENT EXECUTE FUNCTION api_key_changed();
