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
    revoked_at INTEGER,
    changed_by   TEXT, -- the id of the key that changed the row last; null for the command
    changed_from TEXT  -- the address from which the row was changed last, if addresses are kept
) STRICT;

-- The hour of the last use of each key. A table of its own, because a use is no change of the key.
CREATE TABLE api_key_use (
    key_id  TEXT    PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_key_state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL, -- each change of the table api_key adds 1
    cursor_secret BLOB NOT NULL -- hides positions from limited keys (the class ListCursor)
) STRICT;
INSERT INTO api_key_state (one, version, cursor_secret) VALUES (1, 0, randomblob(16));

CREATE TRIGGER api_key_inserted AFTER INSERT ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;
CREATE TRIGGER api_key_updated AFTER UPDATE ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;
CREATE TRIGGER api_key_deleted AFTER DELETE ON api_key BEGIN
    UPDATE api_key_state SET version = version + 1;
END;

-- The audit. Triggers write it in the transaction of each change, so no change is without its row. Who
-- changes a row stands in the row itself: in its columns, or in its JSON as changedBy and changedFrom.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)),
    key_id   TEXT, -- null for a command, for the server itself, and without a key
    address  TEXT,
    action   TEXT    NOT NULL, -- such as link.change
    subject  TEXT    NOT NULL, -- domain/code of a link, the id of a key, the name of a domain
    link_id  INTEGER,
    old_json TEXT, -- the state before, without secrets; null if there was none
    new_json TEXT  -- the state after; null if there is none
) STRICT;
CREATE INDEX audit_link ON audit (link_id) WHERE link_id IS NOT NULL;
-- Every 64th row deletes up to 128 expired rows, because a search for each row would slow down creations.
CREATE TRIGGER audit_expired AFTER INSERT ON audit WHEN NEW.id % 64 = 0 BEGIN
    DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT 128)
        AND at < unixepoch('now', '-1 year') * 1000;
END;

-- The states of links are without their passwords. Most new links have neither limits nor a password; their
-- states need fewer steps, because creations wait for this trigger.
CREATE TRIGGER link_created_audited AFTER INSERT ON link WHEN NEW.alias_of IS NULL BEGIN
    INSERT INTO audit (key_id, address, action, subject, link_id, new_json) VALUES (
        NEW.settings ->> '$.createdBy', NEW.settings ->> '$.changedFrom', 'link.create',
        NEW.domain || '/' || NEW.code, NEW.id,
        CASE
        WHEN coalesce(NEW.expires_at, NEW.max_visits, NEW.deleted_at, NEW.settings) IS NULL
        THEN json_object(
            'codes', NEW.code || coalesce(' ' || NEW.later_codes, ''),
            'target', NEW.target)
        WHEN coalesce(NEW.expires_at, NEW.max_visits, NEW.deleted_at, NEW.settings -> '$.password') IS NULL
        THEN json_patch(
            json_object(
                'codes', NEW.code || coalesce(' ' || NEW.later_codes, ''),
                'target', NEW.target),
            json_remove(NEW.settings, '$.changedBy', '$.changedFrom'))
        ELSE json_patch(
            json_patch('{}', json_object(
                'codes', NEW.code || coalesce(' ' || NEW.later_codes, ''),
                'target', NEW.target,
                'expiresAt', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.expires_at / 1000.0, 'unixepoch'),
                'maxVisits', NEW.max_visits,
                'deletedAt', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.deleted_at / 1000.0, 'unixepoch'),
                'hasPassword', iif(NEW.settings -> '$.password' IS NULL, NULL, json('true')))),
            json_remove(coalesce(NEW.settings, '{}'), '$.password', '$.changedBy', '$.changedFrom'))
        END);
END;
CREATE TRIGGER link_changed_audited AFTER UPDATE ON link WHEN NEW.version > OLD.version BEGIN
    INSERT INTO audit (key_id, address, action, subject, link_id, old_json, new_json) VALUES (
        NEW.settings ->> '$.changedBy', NEW.settings ->> '$.changedFrom',
        CASE WHEN NEW.target = '' THEN 'link.erase'
            WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL THEN 'link.delete'
            WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL THEN 'link.restore'
            ELSE 'link.change' END,
        NEW.domain || '/' || coalesce(
            replace(NEW.later_codes, rtrim(NEW.later_codes, replace(NEW.later_codes, ' ', '')), ''),
            NEW.code),
        NEW.id,
        json_patch(
            json_patch('{}', json_object(
                'codes', OLD.code || coalesce(' ' || OLD.later_codes, ''),
                'target', OLD.target,
                'expiresAt', strftime('%Y-%m-%dT%H:%M:%fZ', OLD.expires_at / 1000.0, 'unixepoch'),
                'maxVisits', OLD.max_visits,
                'deletedAt', strftime('%Y-%m-%dT%H:%M:%fZ', OLD.deleted_at / 1000.0, 'unixepoch'),
                'hasPassword', iif(OLD.settings -> '$.password' IS NULL, NULL, json('true')))),
            json_remove(coalesce(OLD.settings, '{}'), '$.password', '$.changedBy', '$.changedFrom')),
        json_patch(
            json_patch('{}', json_object(
                'codes', NEW.code || coalesce(' ' || NEW.later_codes, ''),
                'target', NEW.target,
                'expiresAt', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.expires_at / 1000.0, 'unixepoch'),
                'maxVisits', NEW.max_visits,
                'deletedAt', strftime('%Y-%m-%dT%H:%M:%fZ', NEW.deleted_at / 1000.0, 'unixepoch'),
                'passwordChanged', iif((NEW.settings -> '$.password') IS (OLD.settings -> '$.password'),
                    NULL, json('true')),
                'hasPassword', iif(NEW.settings -> '$.password' IS NULL, NULL, json('true')))),
            json_remove(coalesce(NEW.settings, '{}'), '$.password', '$.changedBy', '$.changedFrom')));
    -- An erased link leaves who did what and when, but nothing of what people wrote.
    UPDATE audit SET old_json = NULL, new_json = NULL WHERE link_id = NEW.id AND NEW.target = '';
END;

CREATE TRIGGER api_key_created_audited AFTER INSERT ON api_key BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json) VALUES (
        NEW.created_by, NEW.changed_from, 'key.create', NEW.id,
        json_patch('{}', json_object('name', NEW.name, 'role', NEW.role, 'limits', json(NEW.scope),
            'expiresAt', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expires_at / 1000, 'unixepoch'))));
END;
CREATE TRIGGER api_key_changed_audited AFTER UPDATE ON api_key BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json) VALUES (
        NEW.changed_by, NEW.changed_from,
        iif(NEW.revoked_at IS NOT NULL, 'key.revoke', 'key.rotate'), NEW.id,
        json_patch('{}', json_object('name', NEW.name, 'role', NEW.role, 'limits', json(NEW.scope),
            'expiresAt', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expires_at / 1000, 'unixepoch'))));
END;

CREATE TRIGGER domain_added_audited AFTER INSERT ON domain BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json) VALUES (
        NEW.settings ->> '$.changedBy', NEW.settings ->> '$.changedFrom', 'domain.add',
        iif(NEW.name = '', 'default', NEW.name),
        json_remove(NEW.settings, '$.changedBy', '$.changedFrom'));
END;
CREATE TRIGGER domain_changed_audited AFTER UPDATE ON domain WHEN NEW.version <> OLD.version BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json) VALUES (
        NEW.settings ->> '$.changedBy', NEW.settings ->> '$.changedFrom',
        CASE WHEN OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL THEN 'domain.remove'
            WHEN OLD.removed_at IS NOT NULL AND NEW.removed_at IS NULL THEN 'domain.add'
            ELSE 'domain.change' END,
        iif(NEW.name = '', 'default', NEW.name),
        json_remove(OLD.settings, '$.changedBy', '$.changedFrom'),
        json_remove(NEW.settings, '$.changedBy', '$.changedFrom'));
END;

-- Blocked hosts (the class Block).
CREATE TABLE block (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    host       TEXT    NOT NULL UNIQUE, -- a host or a pattern (the class BlockedHost)
    subdomains INTEGER NOT NULL, -- whether all subdomains of the host are blocked, too
    reason     TEXT,
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    changed_by   TEXT, -- as in the table api_key; a row gets them before it is deleted
    changed_from TEXT
) STRICT;

CREATE TABLE block_state (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision TEXT NOT NULL -- a new random value with each change of the table block
) STRICT;
INSERT INTO block_state (one, revision) VALUES (1, lower(hex(randomblob(16))));

CREATE TRIGGER block_inserted AFTER INSERT ON block BEGIN
    UPDATE block_state SET revision = lower(hex(randomblob(16)));
END;
CREATE TRIGGER block_updated AFTER UPDATE ON block BEGIN
    UPDATE block_state SET revision = lower(hex(randomblob(16)));
END;
CREATE TRIGGER block_deleted AFTER DELETE ON block BEGIN
    UPDATE block_state SET revision = lower(hex(randomblob(16)));
END;

CREATE TRIGGER block_added_audited AFTER INSERT ON block BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json) VALUES (
        NEW.changed_by, NEW.changed_from, 'block.add', NEW.host,
        json_patch('{}', json_object(
            'subdomains', json(iif(NEW.subdomains, 'true', 'false')), 'reason', NEW.reason)));
END;
CREATE TRIGGER block_changed_audited AFTER UPDATE ON block
WHEN NEW.subdomains <> OLD.subdomains OR NEW.reason IS NOT OLD.reason BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json) VALUES (
        NEW.changed_by, NEW.changed_from, 'block.add', NEW.host,
        json_patch('{}', json_object(
            'subdomains', json(iif(OLD.subdomains, 'true', 'false')), 'reason', OLD.reason)),
        json_patch('{}', json_object(
            'subdomains', json(iif(NEW.subdomains, 'true', 'false')), 'reason', NEW.reason)));
END;
CREATE TRIGGER block_removed_audited AFTER DELETE ON block BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json) VALUES (
        OLD.changed_by, OLD.changed_from, 'block.remove', OLD.host,
        json_patch('{}', json_object(
            'subdomains', json(iif(OLD.subdomains, 'true', 'false')), 'reason', OLD.reason)));
END;

-- What visitors have reported about links, a row for each link (the class LinkReport).
CREATE TABLE link_report (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id  INTEGER NOT NULL UNIQUE,
    domain   TEXT    NOT NULL,
    code     TEXT    NOT NULL, -- the code under which the link was first reported
    count    INTEGER NOT NULL,
    reasons  TEXT    NOT NULL, -- a JSON array of texts, the first ones that were sent
    first_at INTEGER NOT NULL, -- milliseconds since 1970
    last_at  INTEGER NOT NULL  -- milliseconds since 1970
) STRICT;
CREATE INDEX link_report_last_at ON link_report (last_at, id);

-- Who requested a change of a tag, for the audit of its links.
ALTER TABLE tag_change ADD COLUMN changed_by TEXT;
ALTER TABLE tag_change ADD COLUMN changed_from TEXT;
