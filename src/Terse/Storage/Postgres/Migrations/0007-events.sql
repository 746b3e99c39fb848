-- Events, webhooks and deliveries. The function horizon_instant of Terse.Horizon follows at the end.

-- Locks the tables that get triggers, as earlier migrations do. The first lock makes autovacuum release its
-- lock, and lets reads and writes continue. A creation writes link, then link_limit, then audit, so the
-- triggers come in this order, too.
SET LOCAL lock_timeout = '3s';
LOCK TABLE link IN SHARE UPDATE EXCLUSIVE MODE;
LOCK TABLE link_limit IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '500ms';

-- A row once a link with the setting visitEvents may exist. Without it, no batch of visits reads links.
CREATE TABLE visit_event_link (
    one integer PRIMARY KEY CHECK (one = 1)
);

CREATE FUNCTION link_has_visit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM visit_event_link) THEN
        INSERT INTO visit_event_link (one) VALUES (1) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER link_has_visit_events AFTER INSERT OR UPDATE ON link
    FOR EACH ROW WHEN (NEW.settings LIKE '%"visitEvents":true%')
    EXECUTE FUNCTION link_has_visit_events();

-- The links that were stored before this migration, from done_up_to up to last_id, may have the setting, too:
-- servers of this version store it already. The class PostgresVisitEventSearch searches them in the
-- background, and deletes the row at the end.
CREATE TABLE visit_event_search (
    one        integer PRIMARY KEY CHECK (one = 1),
    done_up_to bigint  NOT NULL,
    last_id    bigint  NOT NULL
);
INSERT INTO visit_event_search (one, done_up_to, last_id) SELECT 1, 0, max(id) FROM link HAVING max(id) > 0;

-- Up to which time links have expired with an event, by time and id. The class PostgresLinkExpiry moves it,
-- up to the horizon at most. Links that expired before this migration get no event.
CREATE TABLE link_expiry (
    one        integer     PRIMARY KEY CHECK (one = 1),
    done_up_to timestamptz NOT NULL,
    last_id    bigint      NOT NULL -- the links that expire at done_up_to are done up to this id
) WITH (fillfactor = 10);
INSERT INTO link_expiry (one, done_up_to, last_id)
VALUES (1, clock_timestamp(), 9223372036854775807);

-- Writes the event of a link whose expiry time is already done when the link is stored. For any later time,
-- the class PostgresLinkExpiry finds the link: it waits for the lock that this function takes, and it does
-- not pass the horizon, so it misses no link whose transaction has not ended. A link that was deleted before
-- it expired has expired when it is restored.
CREATE FUNCTION link_expired() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    done record;
BEGIN
    SELECT done_up_to, last_id INTO done FROM link_expiry FOR SHARE;
    IF (NEW.expires_at, NEW.id) <= (done.done_up_to, done.last_id) THEN
        INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
        VALUES (
            horizon_instant(), 'link.expired', link_subject(NEW.domain, NEW.code, NEW.later_codes),
            NEW.id, NEW.version,
            link_end(NEW.settings, 'expiresAt', to_jsonb(event_time(NEW.expires_at))), event_waits());
    END IF;
    RETURN NULL;
END $$;
-- Both run at the end of the transaction, so that the event follows the one of the creation or the change.
CREATE CONSTRAINT TRIGGER link_expired_at_first AFTER INSERT ON link DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.expires_at <= NEW.written_at AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION link_expired();
CREATE CONSTRAINT TRIGGER link_expired AFTER UPDATE ON link DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        NEW.expires_at <= NEW.written_at AND NEW.deleted_at IS NULL AND NEW.target <> ''
        AND (NEW.expires_at IS DISTINCT FROM OLD.expires_at OR OLD.deleted_at <= NEW.expires_at))
    EXECUTE FUNCTION link_expired();

-- Erased links lose what people wrote in their events, too: the states before and after, which are in the
-- audit, and the tags in data. The class PostgresEventEraser removes the tags of these links, and then
-- deletes their rows here.
CREATE TABLE event_erasure (
    link_id bigint PRIMARY KEY
);
CREATE FUNCTION link_events_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_erasure (link_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER link_events_erased AFTER UPDATE ON link
    FOR EACH ROW WHEN (NEW.target = '' AND OLD.target <> '') EXECUTE FUNCTION link_events_erased();

-- Writes an event when the last visit of a link is used up. An erased link has the limit 0.
CREATE FUNCTION link_exhausted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
    SELECT horizon_instant(), 'link.exhausted', link_subject(domain, code, later_codes), id, version,
        link_end(settings, 'maxVisits', to_jsonb(NEW.max_visits)), event_waits()
    FROM link WHERE id = NEW.link_id AND target <> '';
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER link_exhausted AFTER UPDATE ON link_limit DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.used >= NEW.max_visits AND OLD.used < OLD.max_visits AND NEW.max_visits > 0)
    EXECUTE FUNCTION link_exhausted();

-- Writes an event for each row of the audit. A type is the action in the past tense. The event of a link has
-- the version of the link after the change.
CREATE FUNCTION audit_made_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz;
    waits   boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN
        RETURN NULL;
    END IF;
    instant := horizon_instant();
    waits := event_waits();
    INSERT INTO event (at, type, subject, link_id, version, audit_at, audit_id, is_undispatched)
    SELECT instant, action || CASE WHEN action LIKE '%e' THEN 'd' ELSE 'ed' END, subject, link_id,
        CASE WHEN link_id IS NULL THEN NULL
            WHEN action = 'link.create' THEN 1
            ELSE (SELECT version FROM link WHERE link.id = added.link_id) END,
        at, id, waits
    FROM added ORDER BY id;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_made_event AFTER INSERT ON audit REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_made_event();

-- The log of events. Readers advance up to the horizon, by at and id. A later event of a link has a larger
-- id, because changes of a link wait for each other. The states before and after are in the audit; data has
-- what the audit has not.
CREATE SEQUENCE event_id;
CREATE TABLE event (
    at              timestamptz NOT NULL, -- horizon_instant()
    id              bigint      NOT NULL DEFAULT nextval('event_id'),
    type            text        COLLATE "C" NOT NULL, -- such as link.changed
    subject         text        COLLATE "C" NOT NULL, -- as in the audit
    link_id         bigint,
    version         integer,
    audit_at        timestamptz,
    audit_id        bigint,
    data            text,    -- JSON
    is_undispatched boolean NOT NULL, -- whether deliveries are still to be created
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX event_undispatched ON event (id) WHERE is_undispatched;
CREATE INDEX event_tags ON event (link_id, id) WHERE data ~ '"tags": ?\["'; -- with at least one tag
CREATE TABLE event_rest PARTITION OF event DEFAULT; -- for events without a day, if the upkeep did not run

-- The subject of a link, with its present code, as in the audit.
CREATE FUNCTION link_subject(domain text, code text, later_codes text) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
SELECT domain || '/' || coalesce(substring(later_codes FROM '[^ ]+$'), code)
$$;

-- The form of times in events, as in the audit.
CREATE FUNCTION event_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- The data of an event about the end of a link: its tags, and why it ended.
CREATE FUNCTION link_end(settings text, name text, value jsonb) RETURNS text LANGUAGE sql STABLE AS $$
SELECT jsonb_build_object(
    'tags', coalesce(link_settings(settings) -> 'tags', '[]'), name, value)::text
$$;

-- Webhooks (the class Webhook).
CREATE TABLE webhook (
    id            text        COLLATE "C" PRIMARY KEY,
    url           text        NOT NULL,
    settings      text        NOT NULL, -- JSON of the class WebhookSettings, which the audit shows
    secrets       text        NOT NULL, -- JSON
    state         smallint    NOT NULL, -- the enum WebhookState
    reason        text,
    failures      integer     NOT NULL,
    failing_since timestamptz,
    slowed_until  timestamptz,
    version       integer     NOT NULL, -- each change adds 1; failures, failing_since and slowed_until do not
    created_at    timestamptz NOT NULL,
    created_by    text, -- the id of a key; null for the command
    changed_by    text, -- as in the table api_key; a row gets them before it is deleted
    changed_from  text
) WITH (fillfactor = 50); -- leaves half of each page free for the next versions of updated rows

-- Whether a new event waits for the creation of its deliveries.
CREATE FUNCTION event_waits() RETURNS boolean LANGUAGE sql VOLATILE AS $$
SELECT EXISTS (SELECT FROM webhook WHERE state <> 2)
$$;

CREATE FUNCTION webhook_state(w webhook) RETURNS text LANGUAGE sql STABLE AS $$
SELECT (link_settings(w.settings) || jsonb_strip_nulls(jsonb_build_object(
    'state', (ARRAY['active', 'paused', 'ended'])[w.state + 1], 'reason', w.reason)))::text
$$;
CREATE FUNCTION webhook_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json)
    SELECT r.changed_by, r.changed_from,
        CASE TG_OP
            WHEN 'INSERT' THEN 'webhook.create'
            WHEN 'DELETE' THEN 'webhook.delete'
            ELSE CASE WHEN OLD.state = NEW.state THEN 'webhook.change'
                ELSE (ARRAY['webhook.resume', 'webhook.pause', 'webhook.end'])[NEW.state + 1] END END,
        r.id,
        CASE WHEN TG_OP <> 'INSERT' THEN webhook_state(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN webhook_state(NEW) END
    FROM (SELECT (CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END).*) AS r;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_audited AFTER INSERT OR DELETE ON webhook
    FOR EACH ROW EXECUTE FUNCTION webhook_audited();
CREATE TRIGGER webhook_audited_update AFTER UPDATE ON webhook
    FOR EACH ROW WHEN (NEW.version > OLD.version) EXECUTE FUNCTION webhook_audited();

-- Events on their way to webhooks (the class Delivery).
CREATE TABLE delivery (
    event_at   timestamptz NOT NULL,
    event_id   bigint      NOT NULL,
    webhook_id text        COLLATE "C" NOT NULL,
    line       text        COLLATE "C" NOT NULL, -- the class DeliveryLine
    state      smallint    NOT NULL, -- the enum DeliveryState
    attempts   integer     NOT NULL,
    tried_at   timestamptz, -- the last request, up to response
    status     integer,
    latency_ms integer,
    response   text,
    PRIMARY KEY (webhook_id, event_at, event_id)
) PARTITION BY RANGE (event_at);
CREATE INDEX delivery_waiting ON delivery (webhook_id, line, event_id) WHERE state = 0;
CREATE INDEX delivery_dead ON delivery (webhook_id, event_at, event_id) WHERE state = 2;
CREATE TABLE delivery_rest PARTITION OF delivery DEFAULT;

-- The lines with waiting deliveries. A server that sends the deliveries of a line has its lease until due_at.
-- Transactions that wait for several lines lock them in the order of webhook_id and line.
CREATE TABLE delivery_line (
    webhook_id  text        COLLATE "C" NOT NULL,
    line        text        COLLATE "C" NOT NULL,
    due_at      timestamptz NOT NULL,
    lease       uuid, -- random; null if no server has the line
    -- No waiting delivery has a smaller event_id. A search begins here, because PostgreSQL keeps the index
    -- entries of earlier deliveries while an old snapshot is in use.
    first_event bigint      NOT NULL DEFAULT 0,
    PRIMARY KEY (webhook_id, line)
) WITH (fillfactor = 50);
CREATE INDEX delivery_line_due ON delivery_line (webhook_id, due_at);

-- Creates the partitions of a table for today and the next week.
CREATE FUNCTION event_days(parent text, column_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    today timestamp := date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC');
    day   timestamp;
    part  text;
BEGIN
    FOR number IN 0..7 LOOP
        day := today + make_interval(days => number);
        part := parent || '_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
            part, parent);
        EXECUTE format(
            'WITH moved AS (DELETE FROM %1$I WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING *)
             INSERT INTO %5$I SELECT * FROM moved',
            parent || '_rest', column_name, day || 'Z', day + interval '1 day' || 'Z', part);
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, part, day || 'Z', day + interval '1 day' || 'Z');
    END LOOP;
END $$;

-- Creates the partitions of the next days, and drops the days that ended longer ago than the retention time:
-- the deliveries of a day together with its events.
CREATE FUNCTION event_upkeep(kept interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := clock_timestamp() - kept;
    day   text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(x'4556454e54444159'::bigint) THEN
        RETURN; -- another server does the upkeep
    END IF;
    PERFORM event_days('event', 'at'), event_days('delivery', 'event_at');
    DELETE FROM delivery_rest WHERE event_at < until;
    DELETE FROM event_rest WHERE at < until;
    FOR day IN
        SELECT substring(c.relname FROM '\d+$') FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event'::regclass
            AND c.relname < 'event_' || to_char(until AT TIME ZONE 'UTC', 'YYYYMMDD')
    LOOP
        BEGIN
            SET LOCAL lock_timeout = '50ms'; -- creations wait while a drop waits
            EXECUTE format('DROP TABLE %I, %I', 'delivery_' || day, 'event_' || day);
        EXCEPTION WHEN lock_not_available THEN
            RAISE NOTICE 'The events of % are in use; they are dropped later.', day;
        END;
    END LOOP;
END $$;
SELECT event_upkeep(interval '14 days');
