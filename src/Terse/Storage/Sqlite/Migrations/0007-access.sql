-- API keys, audit, blocks and reports.

-- API keys (the class ApiKey). The rows of revoked keys stay for a year. Times are milliseconds since 1970.
CREATE TABLE api_key (
    id         TEXT    PRIMARY KEY, -- random; the part of the key after "terse_"
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    scope      TEXT,             -- JSON of the class KeyScope; null for a key without limits
    secret     BLOB    NOT NULL, -- SHA-256
    old_secret BLOB,             -- SHA-256 of the secret before the last rotation
    old_until  INTEGER,          -- when the old secret expires
    created_at INTEGER NOT NULL,
    created_by TEXT,             -- the id of a key; null for the command
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

-- The hour of the last use of each key. A table of its own, because a use is no change of the key.
CREATE TABLE api_key_use (
    key_id  TEXT    PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_key_state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL -- each change of the table api_key adds 1
) STRICT;
INSERT INTO api_key_state (one, version) VALUES (1, 0);

CREATE TRIGGER api_key_inserted AFTER INSERT ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;
CREATE TRIGGER api_key_updated AFTER UPDATE ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;
CREATE TRIGGER api_key_deleted AFTER DELETE ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;
