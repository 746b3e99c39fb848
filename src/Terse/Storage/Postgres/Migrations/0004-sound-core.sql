-- The guarantees of the core hold in the corners, too: under floods, long snapshots and failovers.

-- Locks every existing table that this migration alters, in one statement and before any other statement, so
-- that no table stays locked while the migration waits for the next one. A creation locks the table link and
-- then reads the horizon, so the migration locks them in the same order.
LOCK TABLE link, horizon IN ACCESS EXCLUSIVE MODE;

-- How far the expired rows of a table are deleted. The class PostgresCleanup deletes them in the background.
CREATE TABLE cleanup (
    table_name text        COLLATE "C" PRIMARY KEY,
    done_up_to timestamptz NOT NULL -- the times of all remaining rows of the table are at or after this time
);
INSERT INTO cleanup (table_name, done_up_to) VALUES
    ('idempotency', '0001-01-01Z'),
    ('link_change', '0001-01-01Z');

-- Records each change of a link and notifies the Terse servers, as before, but deletes no expired rows. The
-- payload of the notification is 'microseconds since 1970|domain|code'.
CREATE OR REPLACE FUNCTION link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_change (domain, code, version, written_at)
    VALUES (NEW.domain, NEW.code, NEW.version, NEW.written_at);
    PERFORM pg_notify('link_change', concat_ws(
        '|', (extract(epoch FROM NEW.written_at) * 1000000)::bigint, NEW.domain, NEW.code));
    RETURN NULL;
END $$;

-- Removing the limit of a link and setting a limit again keeps the number of used visits. So the row of a link
-- that had a limit stays; without a limit, its limit is the largest number.
CREATE OR REPLACE FUNCTION link_limited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_limit (link_id, max_visits)
    VALUES (NEW.id, coalesce(NEW.max_visits, 9223372036854775807))
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
    RETURN NULL;
END $$;
