-- The guarantees of the core hold in the corners, too: under floods, long snapshots and failovers.

-- Locks the only existing table that this migration alters, before any other statement. The first lock makes
-- autovacuum release its lock, and lets reads and writes continue. While the second lock waits, all reads and
-- writes of the table wait behind it, so it waits for half a second at most. A lookup locks the table horizon
-- and then the table link; a creation locks link and then horizon. So a migration that locked both tables
-- would form a deadlock with one of them.
SET LOCAL lock_timeout = '3s';
LOCK TABLE horizon IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '900ms';
LOCK TABLE horizon IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout = 0;

-- How far the expired rows of a table are deleted. The class PostgresCleanup deletes them in the background.
CREATE TABLE cleanup (
    table_name text        COLLATE "C" PRIMARY KEY,
    done_up_to timestamptz NOT NULL -- the times of all remaining rows of the table are at or after this time
);
INSERT INTO cleanup (table_name, done_up_to) VALUES
    ('idempotency', '0001-01-01Z'),
    ('link_change', '0001-01-01Z');

-- Records each change of a link and notifies the Terse servers, as before, but deletes no expired rows. The
-- payload of the notification is 'version|microseconds since 1970|domain|code'. The version orders the
-- changes of one link, because written_at can be earlier than at the change before, when the clock of the
-- primary steps back. A server of the version before ignores this payload, and reads the change within a
-- second.
CREATE OR REPLACE FUNCTION link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_change (domain, code, version, written_at)
    VALUES (NEW.domain, NEW.code, NEW.version, NEW.written_at);
    PERFORM pg_notify('link_change', concat_ws(
        '|', NEW.version, (extract(epoch FROM NEW.written_at) * 1000000)::bigint, NEW.domain, NEW.code));
    RETURN NULL;
END $$;

-- Removing the limit of a link and setting a limit again keeps the number of used visits. So the row of a
-- link that had a limit stays; without a limit, its limit is the largest number.
CREATE OR REPLACE FUNCTION link_limited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_limit (link_id, max_visits)
    VALUES (NEW.id, coalesce(NEW.max_visits, 9223372036854775807))
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
    RETURN NULL;
END $$;

-- How many visits each link has in an hour, with all counts by country, referrer and so on in one column, so
-- that a visit changes one row. The link is -1 for the requests that were not redirected. The class
-- CountedValues packs the counts, and limits their number. Servers of the previous version write visit_count
-- and missed_visit instead; the class PostgresVisitRollup moves these counts here.
CREATE TABLE hour_count (
    hour       integer NOT NULL, -- hours since 1970, UTC
    link_id    bigint  NOT NULL, -- 0 means all links together
    visits     bigint  NOT NULL, -- visits by people, without bots
    bot_visits bigint  NOT NULL,
    by_value   bytea   NOT NULL,
    PRIMARY KEY (hour, link_id)
) WITH (fillfactor = 70); -- leaves room in each page for the next versions of updated rows

-- The counts of days that ended more than 60 days ago. Their rows in hour_count are deleted.
CREATE TABLE day_count (
    day        integer NOT NULL, -- days since 1970, UTC
    link_id    bigint  NOT NULL,
    visits     bigint  NOT NULL,
    bot_visits bigint  NOT NULL,
    by_value   bytea   NOT NULL,
    PRIMARY KEY (link_id, day)
);

-- The layouts with which servers may mint ids. The first server that has known a new layout for 15 s adds the
-- row of the layout; by then, every server has read the layout.
CREATE TABLE active_layout (
    number integer PRIMARY KEY -- the number in the table id_layout
);
INSERT INTO active_layout (number)
SELECT number FROM id_layout
WHERE number = 1 OR stored_at < pg_catalog.clock_timestamp() - interval '1 minute';

-- Which batches of visits were counted, as in visit_batch. A Terse server numbers its batches from 1 in each
-- run, and a random id identifies the run. Servers of the previous version write visit_batch. The class
-- PostgresVisitRuns deletes the rows of servers that are gone for long.
CREATE TABLE visit_run (
    run        uuid        PRIMARY KEY,
    last_batch bigint      NOT NULL, -- the highest number that was counted; all lower ones were counted too
    counted_at timestamptz NOT NULL  -- when the last batch was counted
) WITH (fillfactor = 50); -- leaves half of each page free for the next versions of updated rows
