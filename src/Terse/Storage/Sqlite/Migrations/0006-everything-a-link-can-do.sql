-- Links get titles, tags, rules and more.

-- The fields of the class LinkSettings as JSON; null for a link without any of them. The class StoredSettings
-- reads and writes the text.
ALTER TABLE link ADD COLUMN settings TEXT;
