-- API keys, audit, blocks and reports; the lag of replicas, and the metrics of servers.

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
    revoked_at timestamptz,
    changed_by   text, -- the id of the key that changed the row last; null for the command
    changed_from text  -- the address from which the row was changed last, if addresses are kept
);

-- The hour of the last use of each key. A table of its own, because a use is no change of the key.
CREATE TABLE api_key_use (
    key_id  text        COLLATE "C" PRIMARY KEY,
    used_at timestamptz NOT NULL
);

CREATE TABLE api_key_state (
    one      integer PRIMARY KEY CHECK (one = 1),
    version  bigint  NOT NULL, -- each change of the table api_key adds 1
    revision uuid    NOT NULL, -- a new random value with each change, because a failover can lose versions
    cursor_secret uuid NOT NULL -- the secret that hides positions from limited keys (the class ListCursor)
);
INSERT INTO api_key_state (one, version, revision, cursor_secret)
VALUES (1, 0, gen_random_uuid(), gen_random_uuid());

CREATE FUNCTION api_key_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE api_key_state SET version = version + 1, revision = gen_random_uuid();
    NOTIFY key_change;
    RETURN NULL;
END $$;
CREATE TRIGGER api_key_changed AFTER INSERT OR UPDATE OR DELETE ON api_key
    FOR EACH ROW EXECUTE FUNCTION api_key_changed();

-- The audit. Triggers write it in the transaction of each change, so no change is without its row. Who
-- changes a row stands in the row itself: in its columns, or in its JSON as changedBy and changedFrom.
CREATE SEQUENCE audit_id;
CREATE TABLE audit (
    id       bigint      NOT NULL DEFAULT nextval('audit_id'),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    key_id   text        COLLATE "C", -- null for a command, for the server itself, and without a key
    address  text,
    action   text        COLLATE "C" NOT NULL, -- such as link.change
    subject  text        COLLATE "C" NOT NULL, -- domain/code of a link, the id of a key, the name of a domain
    link_id  bigint,
    old_json text, -- the state before, without secrets; null if there was none
    new_json text, -- the state after; null if there is none
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_link ON audit (link_id, at);
CREATE TABLE audit_rest PARTITION OF audit DEFAULT; -- for rows without a month, if the upkeep did not run

-- Creates the partitions of the next months, and drops the months that ended more than a year ago.
CREATE FUNCTION audit_upkeep() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_month timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    first_day  timestamp;
    part       text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(x'4155444954'::bigint) THEN
        RETURN; -- another server does the upkeep
    END IF;
    FOR number IN 0..12 LOOP
        first_day := this_month + make_interval(months => number);
        part := 'audit_' || to_char(first_day, 'YYYYMM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I (LIKE audit INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
                part);
            EXECUTE format(
                'WITH moved AS (DELETE FROM audit_rest WHERE at >= %L AND at < %L RETURNING *)
                 INSERT INTO %I SELECT * FROM moved',
                first_day || 'Z', first_day + interval '1 month' || 'Z', part);
            EXECUTE format(
                'ALTER TABLE audit ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                part, first_day || 'Z', first_day + interval '1 month' || 'Z');
        END IF;
    END LOOP;
    DELETE FROM audit_rest WHERE at < clock_timestamp() - interval '1 year';
    SET LOCAL lock_timeout = '50ms'; -- creations wait while a drop waits
    FOR part IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'audit'::regclass
            AND c.relname < 'audit_' || to_char(this_month - interval '12 months', 'YYYYMM')
    LOOP
        EXECUTE format('DROP TABLE %I', part);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    RAISE NOTICE 'The audit is in use; its oldest months are dropped later.';
END $$;
SELECT audit_upkeep();

-- Reads the settings of a link. The type jsonb has no character U+0000, which earlier versions allowed in a
-- query condition of a rule. No text that links store contains the escape with a backslash before it.
CREATE FUNCTION link_settings(settings text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT replace(settings, '\u0000', '\ufffd')::jsonb
$$;

-- The state of a link without its password.
CREATE FUNCTION link_state(
    codes text, target text, expires_at timestamptz, max_visits bigint, deleted_at timestamptz,
    settings jsonb)
    RETURNS text LANGUAGE sql STABLE AS $$
SELECT (jsonb_strip_nulls(jsonb_build_object(
        'codes', codes,
        'target', target,
        'expiresAt', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'maxVisits', max_visits,
        'deletedAt', to_char(deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'hasPassword', CASE WHEN settings ? 'password' THEN true END))
    || coalesce(settings - ARRAY['password', 'changedBy', 'changedFrom'], '{}'))::text
$$;

CREATE FUNCTION links_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, link_id, new_json)
    SELECT s.json ->> 'createdBy', s.json ->> 'changedFrom', 'link.create', domain || '/' || code, id,
        link_state(code, target, expires_at, max_visits, deleted_at, s.json)
    FROM added CROSS JOIN LATERAL (SELECT link_settings(settings) AS json) AS s
    WHERE alias_of IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER links_created AFTER INSERT ON link REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION links_created();

CREATE FUNCTION links_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, link_id, old_json, new_json)
    SELECT s.json ->> 'changedBy', s.json ->> 'changedFrom',
        CASE WHEN n.target = '' THEN 'link.erase'
            WHEN o.deleted_at IS NULL AND n.deleted_at IS NOT NULL THEN 'link.delete'
            WHEN o.deleted_at IS NOT NULL AND n.deleted_at IS NULL THEN 'link.restore'
            ELSE 'link.change' END,
        n.domain || '/' || coalesce(substring(n.later_codes FROM '[^ ]+$'), n.code), n.id,
        CASE WHEN n.target <> '' THEN link_state(
            concat_ws(' ', o.code, o.later_codes), o.target, o.expires_at, o.max_visits, o.deleted_at,
            t.json) END,
        CASE WHEN n.target <> '' THEN link_state(
            concat_ws(' ', n.code, n.later_codes), n.target, n.expires_at, n.max_visits, n.deleted_at,
            s.json || CASE WHEN s.json -> 'password' IS DISTINCT FROM t.json -> 'password'
                THEN '{"passwordChanged": true}' ELSE '{}'::jsonb END) END
    FROM changed AS n JOIN earlier AS o USING (id)
        CROSS JOIN LATERAL (SELECT coalesce(link_settings(n.settings), '{}') AS json) AS s
        CROSS JOIN LATERAL (SELECT coalesce(link_settings(o.settings), '{}') AS json) AS t
    WHERE n.version > o.version;
    IF EXISTS (SELECT FROM changed WHERE target = '' AND alias_of IS NULL) THEN
        -- An erased link leaves who did what and when, but nothing of what people wrote.
        UPDATE audit SET old_json = NULL, new_json = NULL
        WHERE link_id IN (SELECT id FROM changed WHERE target = '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER links_audited AFTER UPDATE ON link REFERENCING OLD TABLE AS earlier NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION links_audited();

CREATE FUNCTION api_key_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json)
    VALUES (
        CASE WHEN TG_OP = 'INSERT' THEN NEW.created_by ELSE NEW.changed_by END,
        NEW.changed_from,
        CASE WHEN TG_OP = 'INSERT' THEN 'key.create'
            WHEN NEW.revoked_at IS NOT NULL THEN 'key.revoke'
            ELSE 'key.rotate' END,
        NEW.id,
        jsonb_strip_nulls(jsonb_build_object(
            'name', NEW.name, 'role', NEW.role, 'limits', NEW.scope::jsonb,
            'expiresAt', to_char(NEW.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))::text);
    RETURN NULL;
END $$;
CREATE TRIGGER api_key_audited_insert AFTER INSERT ON api_key
    FOR EACH ROW EXECUTE FUNCTION api_key_audited();
CREATE TRIGGER api_key_audited_update AFTER UPDATE ON api_key
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION api_key_audited();

CREATE FUNCTION domain_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json)
    VALUES (
        NEW.settings::jsonb ->> 'changedBy',
        NEW.settings::jsonb ->> 'changedFrom',
        CASE WHEN TG_OP = 'INSERT' THEN 'domain.add'
            WHEN OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL THEN 'domain.remove'
            WHEN OLD.removed_at IS NOT NULL AND NEW.removed_at IS NULL THEN 'domain.add'
            ELSE 'domain.change' END,
        CASE WHEN NEW.name = '' THEN 'default' ELSE NEW.name END,
        CASE WHEN TG_OP = 'UPDATE' THEN (OLD.settings::jsonb - ARRAY['changedBy', 'changedFrom'])::text END,
        (NEW.settings::jsonb - ARRAY['changedBy', 'changedFrom'])::text);
    RETURN NULL;
END $$;
CREATE TRIGGER domain_audited_insert AFTER INSERT ON domain
    FOR EACH ROW EXECUTE FUNCTION domain_audited();
CREATE TRIGGER domain_audited_update AFTER UPDATE ON domain
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION domain_audited();

-- Blocked hosts (the class Block).
CREATE TABLE block (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host       text        COLLATE "C" NOT NULL UNIQUE, -- a host or a pattern (the class BlockedHost)
    subdomains boolean     NOT NULL, -- whether all subdomains of the host are blocked, too
    reason     text,
    created_at timestamptz NOT NULL,
    changed_by   text, -- as in the table api_key; a row gets them before it is deleted
    changed_from text
);

CREATE TABLE block_state (
    one      integer PRIMARY KEY CHECK (one = 1),
    revision uuid NOT NULL -- a new random value with each change of the table block
);
INSERT INTO block_state (one, revision) VALUES (1, gen_random_uuid());

CREATE FUNCTION block_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE block_state SET revision = gen_random_uuid();
    NOTIFY block_change;
    RETURN NULL;
END $$;
CREATE TRIGGER block_changed AFTER INSERT OR UPDATE OR DELETE ON block
    FOR EACH STATEMENT EXECUTE FUNCTION block_changed();

CREATE FUNCTION block_state_of(b block) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT jsonb_strip_nulls(jsonb_build_object('subdomains', b.subdomains, 'reason', b.reason))::text
$$;
CREATE FUNCTION block_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json)
    SELECT r.changed_by, r.changed_from, CASE WHEN TG_OP = 'DELETE' THEN 'block.remove' ELSE 'block.add' END,
        r.host,
        CASE WHEN TG_OP <> 'INSERT' THEN block_state_of(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN block_state_of(NEW) END
    FROM (SELECT (CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END).*) AS r;
    RETURN NULL;
END $$;
CREATE TRIGGER block_audited AFTER INSERT OR DELETE ON block
    FOR EACH ROW EXECUTE FUNCTION block_audited();
CREATE TRIGGER block_audited_update AFTER UPDATE ON block
    FOR EACH ROW WHEN ((OLD.subdomains, OLD.reason) IS DISTINCT FROM (NEW.subdomains, NEW.reason))
    EXECUTE FUNCTION block_audited();

-- What visitors have reported about links, a row for each link (the class LinkReport).
CREATE TABLE link_report (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_id  bigint      NOT NULL UNIQUE,
    domain   text        COLLATE "C" NOT NULL,
    code     text        COLLATE "C" NOT NULL, -- the code under which the link was first reported
    count    bigint      NOT NULL,
    reasons  jsonb       NOT NULL, -- an array of texts, the first ones that were sent
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL
);
CREATE INDEX link_report_last_at ON link_report (last_at, id);

-- Who requested a change of a tag, for the audit of its links.
ALTER TABLE tag_change ADD COLUMN changed_by text;
ALTER TABLE tag_change ADD COLUMN changed_from text;

-- The lag of replicas over time, and where each server shows its metrics.

-- A row for each minute and host (the class LagMinute). All servers measure the hosts, and write to the
-- same row.
CREATE TABLE host_lag (
    minute     timestamptz NOT NULL, -- its begin, by the clock of the primary
    host       text        COLLATE "C" NOT NULL,
    measured   real        NOT NULL, -- for how many seconds the lag was known
    longest    real        NOT NULL, -- seconds
    beyond_1s  real        NOT NULL, -- for how many seconds the lag was longer than 1 s
    beyond_5s  real        NOT NULL,
    beyond_10s real        NOT NULL,
    beyond_60s real        NOT NULL,
    PRIMARY KEY (minute, host)
);
INSERT INTO cleanup (table_name, done_up_to) VALUES ('host_lag', '0001-01-01Z');

-- The address of /metrics of a server; null if it has none.
ALTER TABLE server ADD COLUMN metrics_url text;

-- What a server does with the shared configuration: JSON of the class FleetConfiguration; null without one.
ALTER TABLE server ADD COLUMN shared_configuration text;
