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

-- A row once a code with a slash may exist (the class SlashCodes).
CREATE TABLE slash_code (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;

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

-- Lists and search. The class SqliteListIndex fills the tables in the background.

-- The links that are new or have changed since they were indexed. A link that changed twice has two rows.
CREATE TABLE unlisted_link (
    seq          INTEGER PRIMARY KEY,
    link_id      INTEGER NOT NULL,
    old_settings TEXT -- the settings before the change
) STRICT;
CREATE TRIGGER link_unlisted_at_first AFTER INSERT ON link WHEN NEW.alias_of IS NULL BEGIN
    INSERT INTO unlisted_link (link_id) VALUES (NEW.id);
END;
CREATE TRIGGER link_unlisted AFTER UPDATE ON link BEGIN
    INSERT INTO unlisted_link (link_id, old_settings) VALUES (NEW.id, OLD.settings);
END;

-- How far the background work is.
CREATE TABLE list_progress (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    older_than     INTEGER, -- links that existed before, with smaller ids, are not indexed; null if none
    ranked_up_to   INTEGER NOT NULL DEFAULT 0, -- the last link of the current pass of the ranking
    ranked_at      INTEGER NOT NULL DEFAULT 0  -- the end of the last pass: milliseconds since 1970
) STRICT;
INSERT INTO list_progress (one, older_than) SELECT 1, max(id) + 1 FROM link;

-- The slices of the index of terms (class IndexSlices). Their ranges do not overlap.
CREATE TABLE link_slice (
    slice    INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    links    INTEGER NOT NULL -- how many links were indexed
) STRICT;

-- The terms of each link (class IndexTerms), each with the mark of its slice, separated by spaces. The table
-- stores only the index, not the texts. The row id is the id of the link.
CREATE VIRTUAL TABLE link_term USING fts5(
    terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- A uniform sample of the indexed links: those with the smallest hashes (class LinkSample).
CREATE TABLE link_sample (
    hash    INTEGER PRIMARY KEY,
    link_id INTEGER NOT NULL
) STRICT;

-- The range of the ids of the links that were created in an hour.
CREATE TABLE created_hour (
    hour     INTEGER PRIMARY KEY, -- hours since 1970, UTC
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL
) STRICT;

-- The number of visits of people by which lists are sorted. Links without visits have no row.
CREATE TABLE visit_rank (
    link_id    INTEGER PRIMARY KEY,
    visits     INTEGER NOT NULL,
    visited_at INTEGER NOT NULL -- milliseconds since 1970: when the ranking found the last new visit
) STRICT;
CREATE INDEX visit_rank_visits ON visit_rank (visits, link_id);

CREATE TABLE tag (
    id     INTEGER PRIMARY KEY,
    folded TEXT    NOT NULL UNIQUE, -- the name in upper case; class TagName
    name   TEXT    NOT NULL,
    links  INTEGER NOT NULL DEFAULT 0,
    visits INTEGER NOT NULL DEFAULT 0 -- the sum of the visits in link_tag
) STRICT;

CREATE TABLE link_tag (
    tag_id  INTEGER NOT NULL,
    link_id INTEGER NOT NULL,
    visits  INTEGER NOT NULL, -- the rank of the link
    PRIMARY KEY (tag_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER link_tag_added AFTER INSERT ON link_tag BEGIN
    UPDATE tag SET links = links + 1, visits = visits + NEW.visits WHERE id = NEW.tag_id;
END;
CREATE TRIGGER link_tag_removed AFTER DELETE ON link_tag BEGIN
    UPDATE tag SET links = links - 1, visits = visits - OLD.visits WHERE id = OLD.tag_id;
    DELETE FROM tag_change WHERE tag_id = (SELECT id FROM tag WHERE id = OLD.tag_id AND links = 0);
    DELETE FROM tag WHERE id = OLD.tag_id AND links = 0;
END;
CREATE TRIGGER link_tag_visited AFTER UPDATE ON link_tag BEGIN
    UPDATE tag SET visits = visits + NEW.visits - OLD.visits WHERE id = NEW.tag_id;
END;

-- The changes of tags that are not done. The class TagChanger changes all links with the tag.
CREATE TABLE tag_change (
    tag_id     INTEGER PRIMARY KEY,
    new_name   TEXT, -- null to remove the tag from all links
    done_up_to INTEGER NOT NULL DEFAULT 0 -- the id of the last link that was changed
) STRICT;

-- The domains of the installation. Rows are never deleted, so the map of hosts to domains only grows. The
-- first start with this schema inserts the domains of the settings.
CREATE TABLE domain (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE, -- '' means the default domain
    settings   TEXT    NOT NULL, -- JSON of the class DomainSettings
    version    INTEGER NOT NULL DEFAULT 1, -- each change of the domain adds 1
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    is_active  INTEGER NOT NULL, -- whether the domain takes links
    removed_at INTEGER           -- milliseconds since 1970
) STRICT;
