-- Links get titles, tags, rules and more.

-- Locks the table that this migration alters, as the migration before does it, before any other statement.
SET LOCAL lock_timeout = '3s';
LOCK TABLE link IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '900ms';
LOCK TABLE link IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout = 0;

-- A column without a default changes only the catalog, not the rows.
ALTER TABLE link
    ADD COLUMN settings text; -- JSON of the settings that few links have; the class StoredSettings reads it
