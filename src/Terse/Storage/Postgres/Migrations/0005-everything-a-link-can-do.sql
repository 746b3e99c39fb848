-- Links get titles, tags, rules and more.

-- Locks the tables that this migration alters, as the migration before does it, before any other statement.
SET LOCAL lock_timeout = '500ms';
LOCK TABLE server IN ACCESS EXCLUSIVE MODE;
SET LOCAL lock_timeout = '3s';
LOCK TABLE link IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '900ms';
LOCK TABLE link IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout = 0;

-- The version of the schema that the server uses, and the start time of the run that stored this version. The
-- class PreviousServers compares them.
ALTER TABLE server
    ADD COLUMN schema_version integer,
    ADD COLUMN schema_since   timestamptz;

-- A column without a default changes only the catalog, not the rows.
ALTER TABLE link
    ADD COLUMN settings text; -- JSON of the class LinkSettings; the class StoredSettings reads and writes it

-- Erased links. Visits of these links are never stored again, even if a server sends them much later, so the
-- rows stay for ever. The class PostgresVisitEraser deletes the visits that were stored before.
CREATE TABLE erased_link (
    link_id bigint  PRIMARY KEY,
    is_done boolean NOT NULL DEFAULT false -- whether the visits that were stored before are deleted
);
CREATE INDEX erased_link_waiting ON erased_link (link_id) WHERE NOT is_done;

-- Runs when a link is erased: only then is its target empty. The row in link_limit stays, so that a request
-- that has read the link before cannot exceed its limit; the number of its visits is removed.
CREATE FUNCTION link_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO erased_link (link_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    UPDATE link_limit SET max_visits = 0, used = 0 WHERE link_id = NEW.id;
    RETURN NULL;
END $$;
-- PostgreSQL runs triggers in the order of their names: this one after link_limited.
CREATE TRIGGER link_was_erased AFTER UPDATE ON link
    FOR EACH ROW WHEN (NEW.target = '' AND OLD.target <> '') EXECUTE FUNCTION link_erased();

-- How far the present pass of the class PostgresLinkCleanup has read the links.
CREATE TABLE link_cleanup (
    one     integer     PRIMARY KEY CHECK (one = 1),
    last_id bigint      NOT NULL, -- 0 between two passes
    done_at timestamptz NOT NULL  -- when the last pass ended
);
INSERT INTO link_cleanup (one, last_id, done_at) VALUES (1, 0, '0001-01-01Z');
