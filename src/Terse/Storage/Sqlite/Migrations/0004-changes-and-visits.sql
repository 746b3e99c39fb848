-- Rules of links, and changes of them.
ALTER TABLE link ADD COLUMN version    INTEGER NOT NULL DEFAULT 1; -- each change adds 1
ALTER TABLE link ADD COLUMN expires_at INTEGER; -- milliseconds since 1970
ALTER TABLE link ADD COLUMN max_visits INTEGER;
ALTER TABLE link ADD COLUMN deleted_at INTEGER; -- milliseconds since 1970

-- The used visits of each link with a limit, in a table of their own: a visit is not a change of the link.
CREATE TABLE link_limit (
    link_id    INTEGER PRIMARY KEY,
    max_visits INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER link_limited_at_first AFTER INSERT ON link WHEN NEW.max_visits IS NOT NULL BEGIN
    INSERT INTO link_limit (link_id, max_visits) VALUES (NEW.id, NEW.max_visits);
END;
CREATE TRIGGER link_limited AFTER UPDATE ON link WHEN NEW.max_visits IS NOT OLD.max_visits BEGIN
    DELETE FROM link_limit WHERE link_id = NEW.id AND NEW.max_visits IS NULL;
    INSERT INTO link_limit (link_id, max_visits)
    SELECT NEW.id, NEW.max_visits WHERE NEW.max_visits IS NOT NULL
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
END;

-- The changes of the last day, by any process.
CREATE TABLE link_change (
    seq        INTEGER PRIMARY KEY,
    domain     TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL -- milliseconds since 1970
) STRICT;
CREATE INDEX link_change_changed_at ON link_change (changed_at);

-- Each change adds one row and deletes at most 4 old rows, so the table stays small.
CREATE TRIGGER link_changed AFTER UPDATE ON link BEGIN
    INSERT INTO link_change (domain, code, version, changed_at) VALUES (
        NEW.domain, NEW.code, NEW.version, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER));
    DELETE FROM link_change WHERE seq IN (
        SELECT seq FROM link_change
        WHERE changed_at < unixepoch('now', '-1 day') * 1000
        ORDER BY changed_at LIMIT 4);
END;

-- The counted batches of visits, by the node and the epoch of the run that numbered the batches.
CREATE TABLE visit_batch (
    node       INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    last_batch INTEGER NOT NULL, -- the newest number; all smaller numbers are counted
    counted    INTEGER,          -- visits counted so far of an incomplete batch; null for a complete batch
    PRIMARY KEY (node, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_total (
    link_id    INTEGER PRIMARY KEY,
    visits     INTEGER NOT NULL, -- by people
    bot_visits INTEGER NOT NULL
) STRICT;

CREATE TABLE visit_count (
    link_id INTEGER NOT NULL, -- 0 for all links
    kind    INTEGER NOT NULL, -- 0 all, 1 country, 2 referrer, 3 browser, 4 operating system, 5 device
    hour    INTEGER NOT NULL, -- hours since 1970, UTC
    value   TEXT    NOT NULL, -- '' with kind 0; an unknown value has no row
    is_bot  INTEGER NOT NULL,
    visits  INTEGER NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
) STRICT, WITHOUT ROWID;

-- Requests for codes that were not redirected.
CREATE TABLE missed_visit (
    hour   INTEGER NOT NULL, -- hours since 1970, UTC
    kind   INTEGER NOT NULL, -- 1 unknown, 2 expired, 3 blocked, 4 deleted, 5 used up
    is_bot INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
) STRICT, WITHOUT ROWID;

-- The numbers of single visits. SqliteVisitDays creates one table of single visits a day: visit_day_20261122.
CREATE TABLE visit_number (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    next_number INTEGER NOT NULL
) STRICT;
INSERT INTO visit_number (one, next_number) VALUES (1, 0);
