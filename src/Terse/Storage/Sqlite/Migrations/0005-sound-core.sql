-- The guarantees of the core hold in the corners, too: under floods, long snapshots and failovers.

-- Removing the limit of a link and setting a limit again keeps the number of used visits. So the row of a
-- link that had a limit stays; without a limit, its limit is the largest number.
DROP TRIGGER link_limited;
CREATE TRIGGER link_limited AFTER UPDATE ON link WHEN NEW.max_visits IS NOT OLD.max_visits BEGIN
    INSERT INTO link_limit (link_id, max_visits)
    SELECT NEW.id, coalesce(NEW.max_visits, 9223372036854775807) WHERE true
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
END;

-- How many visits each link has in an hour, with all counts by country, referrer and so on in one column, so
-- that a visit changes one row. The rows of an hour are neighbours, so the visits of a minute change few
-- pages. The link is -1 for the requests that were not redirected. The class CountedValues packs the counts,
-- and limits their number. The class SqliteVisitRollup moves the rows of visit_count and missed_visit here.
CREATE TABLE hour_count (
    hour       INTEGER NOT NULL, -- hours since 1970, UTC
    link_id    INTEGER NOT NULL, -- 0 for all links
    visits     INTEGER NOT NULL, -- visits by people, without bots
    bot_visits INTEGER NOT NULL,
    by_value   BLOB    NOT NULL,
    PRIMARY KEY (hour, link_id)
) STRICT, WITHOUT ROWID;

-- The counts of days that ended more than 60 days ago. Their rows in hour_count are deleted.
CREATE TABLE day_count (
    day        INTEGER NOT NULL, -- days since 1970, UTC
    link_id    INTEGER NOT NULL,
    visits     INTEGER NOT NULL,
    bot_visits INTEGER NOT NULL,
    by_value   BLOB    NOT NULL,
    PRIMARY KEY (link_id, day)
) STRICT, WITHOUT ROWID;

-- Which batches of visits were counted. A random id identifies the run of a server. The table visit_batch has
-- the runs of the previous version of Terse.
CREATE TABLE visit_run (
    run        BLOB    PRIMARY KEY,
    last_batch INTEGER NOT NULL, -- all batches with a smaller number are counted
    counted    INTEGER,          -- how many visits of last_batch are counted; null if all are counted
    counted_at INTEGER NOT NULL  -- seconds since 1970
) STRICT, WITHOUT ROWID;
