-- Links get titles, tags, rules and more.

-- The fields of the class LinkSettings as JSON; null for a link without any of them. The class StoredSettings
-- reads and writes the text.
ALTER TABLE link ADD COLUMN settings TEXT;

-- Erased links. Visits of these links are never stored again, even if a server sends them much later, so the
-- rows stay for ever. The class SqliteVisitEraser deletes the visits that were stored before.
CREATE TABLE erased_link (
    link_id INTEGER PRIMARY KEY,
    is_done INTEGER NOT NULL DEFAULT 0 -- 1 after the visits that were stored before are deleted
) STRICT;
CREATE INDEX erased_link_waiting ON erased_link (link_id) WHERE is_done = 0;

-- Runs when a link is erased: only then is its target empty. The row in link_limit stays, so that a request
-- that has read the link before cannot exceed its limit; the number of its visits is removed.
CREATE TRIGGER link_erased AFTER UPDATE ON link WHEN NEW.target = '' AND OLD.target <> '' BEGIN
    INSERT INTO erased_link (link_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    UPDATE link_limit SET max_visits = 0, used = 0 WHERE link_id = NEW.id;
END;
-- As before, but the limit of an erased link is 0, in whatever order SQLite runs the triggers.
DROP TRIGGER link_limited;
CREATE TRIGGER link_limited AFTER UPDATE ON link WHEN NEW.max_visits IS NOT OLD.max_visits BEGIN
    INSERT INTO link_limit (link_id, max_visits)
    SELECT NEW.id, CASE WHEN NEW.target = '' THEN 0 ELSE coalesce(NEW.max_visits, 9223372036854775807) END
    WHERE true
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
END;

-- Aliases: further names of a link. A row with alias_of is no link, so statements about links skip it. It
-- has an id of its own, an empty target, and the id of its link. The row of the link lists its later codes.
ALTER TABLE link ADD COLUMN alias_of    INTEGER;
ALTER TABLE link ADD COLUMN later_codes TEXT; -- separated by spaces; the class LinkCodes reads them

-- Records a change under each name of the link. No code contains a quotation mark or a backslash.
DROP TRIGGER link_changed;
CREATE TRIGGER link_changed AFTER UPDATE ON link BEGIN
    INSERT INTO link_change (domain, code, version, changed_at) VALUES (
        NEW.domain, NEW.code, NEW.version, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER));
    INSERT INTO link_change (domain, code, version, changed_at)
    SELECT NEW.domain, value, NEW.version, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)
    FROM json_each('["' || replace(NEW.later_codes, ' ', '","') || '"]') WHERE value <> NEW.code;
    DELETE FROM link_change WHERE seq IN (
        SELECT seq FROM link_change
        WHERE changed_at < unixepoch('now', '-1 day') * 1000
        ORDER BY changed_at LIMIT 4);
END;

-- The salt of the keyed hash of visitors (the class VisitorShare), one for each day. A salt is deleted when
-- its day has ended.
CREATE TABLE visitor_salt (
    day  INTEGER PRIMARY KEY, -- days since 1970, UTC
    salt BLOB    NOT NULL
) STRICT;

-- Which links have a target, by a hash of the target; the class SqliteLinkTargets computes it. The links of
-- earlier versions get their rows in the background: those with an id from next_id to last_id are missing.
CREATE TABLE link_target (
    hash    INTEGER NOT NULL,
    link_id INTEGER NOT NULL,
    PRIMARY KEY (hash, link_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE missing_targets (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    next_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL
) STRICT;
INSERT INTO missing_targets (one, next_id, last_id) SELECT 1, 0, coalesce(max(id), -1) FROM link;
