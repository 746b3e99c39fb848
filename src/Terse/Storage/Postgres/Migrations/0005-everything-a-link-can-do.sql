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
