-- Links can be changed and deleted. They can expire at a time or after a number of visits.
ALTER TABLE link ADD COLUMN version    INTEGER NOT NULL DEFAULT 1; -- each change adds 1
ALTER TABLE link ADD COLUMN expires_at INTEGER; -- milliseconds since 1970
ALTER TABLE link ADD COLUMN max_visits INTEGER;
ALTER TABLE link ADD COLUMN deleted_at INTEGER; -- milliseconds since 1970

-- How many visits each link with a limit has used. This is a separate table, because a visit must not count
-- as a change of the link.
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

-- The changes of links during the last day. Each process reads the changes of the other processes here.
CREATE TABLE link_change (
    seq        INTEGER PRIMARY KEY,
    domain     TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL -- milliseconds since 1970
) STRICT;
CREATE INDEX link_change_changed_at ON link_change (changed_at);

-- Each change adds one row and deletes at most 4 rows that are older than one day, so the table stays small.
CREATE TRIGGER link_changed AFTER UPDATE ON link BEGIN
    INSERT INTO link_change (domain, code, version, changed_at) VALUES (
        NEW.domain, NEW.code, NEW.version, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER));
    DELETE FROM link_change WHERE seq IN (
        SELECT seq FROM link_change
        WHERE changed_at < unixepoch('now', '-1 day') * 1000
        ORDER BY changed_at LIMIT 4);
END;

-- A Terse server sends visits in numbered batches. The table contains the last batch that was counted for
-- each run of a server. Node and epoch together identify a run.
CREATE TABLE visit_batch (
    node       INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    last_batch INTEGER NOT NULL, -- all batches with a smaller number are counted
    counted    INTEGER,          -- how many visits of last_batch are counted; null if all are counted
    PRIMARY KEY (node, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_total (
    link_id    INTEGER PRIMARY KEY,
    visits     INTEGER NOT NULL, -- visits by people, without bots
    bot_visits INTEGER NOT NULL
) STRICT;

CREATE TABLE visit_count (
    link_id INTEGER NOT NULL, -- 0 for all links
    kind    INTEGER NOT NULL, -- 0 all, 1 country, 2 referrer, 3 browser, 4 operating system, 5 device
    hour    INTEGER NOT NULL, -- hours since 1970, UTC
    value   TEXT    NOT NULL, -- '' if kind is 0; visits with an unknown value have no row
    is_bot  INTEGER NOT NULL,
    visits  INTEGER NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
) STRICT, WITHOUT ROWID;

-- How many requests for a code did not end in a redirect.
CREATE TABLE missed_visit (
    hour   INTEGER NOT NULL, -- hours since 1970, UTC
    kind   INTEGER NOT NULL, -- 1 unknown, 2 expired, 3 blocked, 4 deleted, 5 used up
    is_bot INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
) STRICT, WITHOUT ROWID;

-- The class SqliteVisitPartitions creates one table per day, such as visit_day_20261122, with one row per
-- visit. This table contains the running number that the next such row gets.
CREATE TABLE visit_number (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    next_number INTEGER NOT NULL
) STRICT;
INSERT INTO visit_number (one, next_number) VALUES (1, 0);
