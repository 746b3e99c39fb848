-- The log of events, and webhooks.

-- The URLs to which events are sent (the class Webhook). Times are milliseconds since 1970.
CREATE TABLE webhook (
    id            TEXT    PRIMARY KEY, -- random
    url           TEXT    NOT NULL,
    settings      TEXT    NOT NULL, -- JSON of the class WebhookSettings, for people: without secrets
    secrets       TEXT    NOT NULL, -- a JSON array of the class WebhookSecret
    state         INTEGER NOT NULL, -- the class WebhookState: 0 active, 1 paused, 2 ended
    reason        TEXT,
    failures      INTEGER NOT NULL,
    failing_since INTEGER,
    slowed_until  INTEGER,
    version       INTEGER NOT NULL, -- each change adds 1; failures and the two times are no change
    created_at    INTEGER NOT NULL,
    created_by    TEXT,
    changed_by    TEXT, -- as in the table api_key; a row gets them before it is deleted
    changed_from  TEXT
) STRICT;
CREATE INDEX webhook_open ON webhook (id) WHERE state <> 2;

CREATE TRIGGER webhook_created_audited AFTER INSERT ON webhook BEGIN
    INSERT INTO audit (key_id, address, action, subject, new_json) VALUES (
        NEW.created_by, NEW.changed_from, 'webhook.create', NEW.id,
        json_patch(NEW.settings, json_object(
            'state', CASE NEW.state WHEN 0 THEN 'active' WHEN 1 THEN 'paused' ELSE 'ended' END,
            'reason', NEW.reason)));
END;
CREATE TRIGGER webhook_changed_audited AFTER UPDATE ON webhook WHEN NEW.version <> OLD.version BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json, new_json) VALUES (
        NEW.changed_by, NEW.changed_from,
        CASE WHEN NEW.state = OLD.state THEN 'webhook.change'
            WHEN NEW.state = 0 THEN 'webhook.resume'
            WHEN NEW.state = 1 THEN 'webhook.pause'
            ELSE 'webhook.end' END,
        NEW.id,
        json_patch(OLD.settings, json_object(
            'state', CASE OLD.state WHEN 0 THEN 'active' WHEN 1 THEN 'paused' ELSE 'ended' END,
            'reason', OLD.reason)),
        json_patch(NEW.settings, json_object(
            'state', CASE NEW.state WHEN 0 THEN 'active' WHEN 1 THEN 'paused' ELSE 'ended' END,
            'reason', NEW.reason)));
END;
CREATE TRIGGER webhook_deleted_audited AFTER DELETE ON webhook BEGIN
    INSERT INTO audit (key_id, address, action, subject, old_json) VALUES (
        OLD.changed_by, OLD.changed_from, 'webhook.delete', OLD.id,
        json_patch(OLD.settings, json_object(
            'state', CASE OLD.state WHEN 0 THEN 'active' WHEN 1 THEN 'paused' ELSE 'ended' END,
            'reason', OLD.reason)));
END;

-- The position of the newest event. Positions grow even if the clock goes back. Each event gets its position
-- here first.
CREATE TABLE event_clock (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    at     INTEGER NOT NULL, -- microseconds since 1970
    number INTEGER NOT NULL
) STRICT;
INSERT INTO event_clock (one, at, number) VALUES (1, 0, 0);

-- An event about a change points to its row of the audit, which has the states before and after. Other events
-- have data.
CREATE TABLE event (
    at              INTEGER NOT NULL, -- microseconds since 1970
    id              INTEGER NOT NULL,
    type            TEXT    NOT NULL, -- such as link.changed
    subject         TEXT    NOT NULL, -- as in the table audit
    link_id         INTEGER,
    version         INTEGER,          -- the version of the link
    audit_at        INTEGER,          -- milliseconds since 1970
    audit_id        INTEGER,
    data            TEXT,             -- a JSON object
    is_undispatched INTEGER NOT NULL, -- 1 until the deliveries to the webhooks are created
    PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_undispatched ON event (at, id) WHERE is_undispatched = 1;
CREATE INDEX event_with_tags ON event (link_id) WHERE json_array_length(data, '$.tags') > 0;

-- Up to which expiry, and which link of it, the class SqliteLinkExpiry has added events about expired links.
CREATE TABLE link_expiry (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    done_up_to INTEGER NOT NULL, -- milliseconds since 1970
    last_id    INTEGER NOT NULL DEFAULT 9223372036854775807
) STRICT;
INSERT INTO link_expiry (one, done_up_to) VALUES (1, unixepoch('now') * 1000);
CREATE INDEX link_expires_at ON link (expires_at, id) WHERE expires_at IS NOT NULL;

-- A link that is stored with an expiry for which SqliteLinkExpiry has added the events already gets its event
-- at once; so does a link that was deleted before it expired, when it is restored. So each expiry has exactly
-- one event.
CREATE TRIGGER audit_published AFTER INSERT ON audit BEGIN
    UPDATE event_clock SET at = max(at, NEW.at * 1000), number = number + 1;
    INSERT INTO event (at, id, type, subject, link_id, version, audit_at, audit_id, is_undispatched)
    SELECT at, number,
        NEW.action || iif(NEW.action LIKE '%e', 'd', 'ed'),
        NEW.subject, NEW.link_id,
        CASE WHEN NEW.link_id IS NULL THEN NULL
            WHEN NEW.action = 'link.create' THEN 1
            ELSE (SELECT version FROM link WHERE id = NEW.link_id) END,
        NEW.at, NEW.id,
        EXISTS (SELECT 1 FROM webhook WHERE state <> 2)
    FROM event_clock;
    INSERT INTO event (at, id, type, subject, link_id, version, data, is_undispatched)
    SELECT c.at, c.number + 1, 'link.expired', NEW.subject, l.id, l.version,
        json_object(
            'tags', json(coalesce(l.settings -> '$.tags', '[]')),
            'expiresAt', strftime('%Y-%m-%dT%H:%M:%fZ', l.expires_at / 1000.0, 'unixepoch')),
        EXISTS (SELECT 1 FROM webhook WHERE state <> 2)
    FROM event_clock AS c, link AS l
    WHERE instr(NEW.new_json, '"expiresAt":"') > 0 AND NEW.link_id IS NOT NULL
        AND ((NEW.new_json ->> '$.expiresAt') IS NOT (NEW.old_json ->> '$.expiresAt')
            OR (NEW.old_json ->> '$.deletedAt') <= (NEW.new_json ->> '$.expiresAt'))
        AND l.id = NEW.link_id AND l.deleted_at IS NULL
        AND (l.expires_at, l.id) <= (SELECT done_up_to, last_id FROM link_expiry);
    UPDATE event_clock SET number = number + 1 WHERE changes() > 0;
END;

-- The events of an erased link lose its tags, as its rows of the audit lose what people wrote. The class
-- SqliteVisitEraser removes the tags of these links, and then deletes their rows here.
CREATE TABLE event_erasure (
    link_id INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER link_erased_from_events AFTER UPDATE ON link WHEN NEW.target = '' AND OLD.target <> '' BEGIN
    INSERT OR IGNORE INTO event_erasure (link_id) VALUES (NEW.id);
END;

-- The visits of a link with a limit are used up.
CREATE TRIGGER link_exhausted AFTER UPDATE ON link_limit
WHEN NEW.used >= NEW.max_visits AND OLD.used < OLD.max_visits AND NEW.max_visits > 0 BEGIN
    UPDATE event_clock SET number = number + 1,
        at = max(at, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER) * 1000);
    INSERT INTO event (at, id, type, subject, link_id, version, data, is_undispatched)
    SELECT c.at, c.number, 'link.exhausted',
        l.domain || '/' || coalesce(
            replace(l.later_codes, rtrim(l.later_codes, replace(l.later_codes, ' ', '')), ''), l.code),
        l.id, l.version,
        json_object(
            'tags', json(coalesce(l.settings -> '$.tags', '[]')),
            'maxVisits', NEW.max_visits),
        EXISTS (SELECT 1 FROM webhook WHERE state <> 2)
    FROM event_clock AS c, link AS l WHERE l.id = NEW.link_id;
END;

-- A row once a link may exist whose visits become events, so that other installations do not search for one.
CREATE TABLE visit_event_link (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;
CREATE TRIGGER link_visits_published_at_first AFTER INSERT ON link
WHEN instr(NEW.settings, '"visitEvents":true') > 0 BEGIN
    INSERT OR IGNORE INTO visit_event_link (one) VALUES (1);
END;
CREATE TRIGGER link_visits_published AFTER UPDATE ON link
WHEN instr(NEW.settings, '"visitEvents":true') > 0 BEGIN
    INSERT OR IGNORE INTO visit_event_link (one) VALUES (1);
END;

-- The deliveries of events to webhooks (the class Delivery).
CREATE TABLE delivery (
    event_at   INTEGER NOT NULL,
    event_id   INTEGER NOT NULL,
    webhook_id TEXT    NOT NULL,
    line       TEXT    NOT NULL, -- the class DeliveryLine
    state      INTEGER NOT NULL, -- the class DeliveryState: 0 waiting, 1 delivered, 2 dead
    attempts   INTEGER NOT NULL DEFAULT 0,
    tried_at   INTEGER,          -- the last attempt: milliseconds since 1970
    status     INTEGER,
    latency_ms INTEGER,
    response   TEXT,
    PRIMARY KEY (event_at, event_id, webhook_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_waiting ON delivery (webhook_id, line, event_at, event_id) WHERE state = 0;
CREATE INDEX delivery_state ON delivery (webhook_id, state, event_at, event_id);

-- The lines with waiting deliveries.
CREATE TABLE delivery_line (
    webhook_id TEXT    NOT NULL,
    line       TEXT    NOT NULL,
    due_at     INTEGER NOT NULL, -- milliseconds since 1970: the next attempt, or the end of the lease
    lease      BLOB,             -- random; null while no server holds the line
    PRIMARY KEY (webhook_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_line_due ON delivery_line (webhook_id, due_at);
