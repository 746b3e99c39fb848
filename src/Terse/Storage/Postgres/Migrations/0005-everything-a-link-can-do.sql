-- Links get titles, tags, rules and more.

-- Locks the tables that this migration alters, as the migration before does it, before any other statement.
SET LOCAL lock_timeout = '500ms';
LOCK TABLE server IN ACCESS EXCLUSIVE MODE;
SET LOCAL lock_timeout = '3s';
LOCK TABLE link IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '500ms';
SET LOCAL statement_timeout = '900ms';
LOCK TABLE link IN ACCESS EXCLUSIVE MODE;
LOCK TABLE installation IN ACCESS EXCLUSIVE MODE;
SET LOCAL statement_timeout = 0;

-- The version of the schema that the server uses, and the start time of the run that stored this version.
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

-- Aliases: further names of a link. A row with alias_of is no link, so statements about links skip it. It
-- has an id of its own, an empty target, and the id of its link. It is inserted in the transaction that adds
-- its code to the row of the link, is never changed, and passes the guard like a new link.
ALTER TABLE link
    ADD COLUMN alias_of    bigint,
    ADD COLUMN later_codes text; -- separated by spaces; the class LinkCodes reads them

-- Records each change and notifies the Terse servers, as before, but under each name of the link.
CREATE OR REPLACE FUNCTION link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY NEW.code
        || array_remove(string_to_array(coalesce(NEW.later_codes, ''), ' '), NEW.code) LOOP
        INSERT INTO link_change (domain, code, version, written_at)
        VALUES (NEW.domain, name, NEW.version, NEW.written_at);
        PERFORM pg_notify('link_change', concat_ws(
            '|', NEW.version, (extract(epoch FROM NEW.written_at) * 1000000)::bigint, NEW.domain, name));
    END LOOP;
    INSERT INTO unlisted_link (link_id, old_settings) VALUES (NEW.id, OLD.settings); -- see below
    RETURN NULL;
END $$;

-- A row once a code with a slash may exist (the class SlashCodes).
CREATE TABLE slash_code (
    one integer PRIMARY KEY CHECK (one = 1)
);

-- The salt of the keyed hash of visitors (the class VisitorShare), one for each day. A salt is deleted when
-- its day has ended.
CREATE TABLE visitor_salt (
    day  integer PRIMARY KEY, -- days since 1970, UTC
    salt bytea   NOT NULL
);

-- Lists and search. The class PostgresListIndex fills the tables in the background.

-- The links that have changed since they were indexed. New links are not here: their ids continue the ids of
-- the links that are indexed already.
CREATE TABLE unlisted_link (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_id      bigint NOT NULL,
    old_settings text -- the settings before the change
);

-- How far the background work is. All links from older_than up to newer_than are indexed.
CREATE TABLE list_progress (
    one          integer PRIMARY KEY CHECK (one = 1),
    newer_than   bigint,      -- null before the first link is indexed
    older_than   bigint,      -- null when all older links are indexed
    ranked_up_to bigint      NOT NULL DEFAULT 0, -- the last link of the current pass of the ranking
    ranked_at    timestamptz NOT NULL DEFAULT '0001-01-01Z' -- the end of the last pass
) WITH (fillfactor = 10);
INSERT INTO list_progress (one) VALUES (1);

-- The slices of the index of terms (class IndexSlices). Their ranges do not overlap.
CREATE TABLE link_slice (
    slice    bigint PRIMARY KEY,
    first_id bigint NOT NULL,
    last_id  bigint NOT NULL,
    links    bigint NOT NULL -- how many links were indexed
) WITH (fillfactor = 50);

-- The terms of each link (class IndexTerms), each with the mark of the link's slice.
CREATE TABLE link_term (
    link_id bigint   PRIMARY KEY,
    terms   tsvector NOT NULL
);
-- Without fastupdate, no search must read a list of new entries.
CREATE INDEX link_term_terms ON link_term USING gin (terms) WITH (fastupdate = off);

-- A uniform sample of the indexed links: those with the smallest hashes (class LinkSample).
CREATE TABLE link_sample (
    hash    bigint PRIMARY KEY,
    link_id bigint NOT NULL
);

-- The range of the ids of the links that were created in an hour.
CREATE TABLE created_hour (
    hour     bigint PRIMARY KEY, -- hours since 1970, UTC
    first_id bigint NOT NULL,
    last_id  bigint NOT NULL
);

-- The number of visits of people by which lists are sorted. Links without visits have no row.
CREATE TABLE visit_rank (
    link_id    bigint      PRIMARY KEY,
    visits     bigint      NOT NULL,
    visited_at timestamptz NOT NULL -- when the ranking found the last new visit
);
CREATE INDEX visit_rank_visits ON visit_rank (visits, link_id);

CREATE TABLE tag (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    folded text   COLLATE "C" NOT NULL UNIQUE, -- the name in upper case; class TagName
    name   text   COLLATE "C" NOT NULL,
    links  bigint NOT NULL DEFAULT 0,
    visits bigint NOT NULL DEFAULT 0 -- the sum of the visits in link_tag
) WITH (fillfactor = 70);

CREATE TABLE link_tag (
    tag_id  bigint NOT NULL,
    link_id bigint NOT NULL,
    visits  bigint NOT NULL, -- the rank of the link
    PRIMARY KEY (tag_id, link_id)
);

-- The changes of tags that are not done. The class TagChanger changes all links with the tag.
CREATE TABLE tag_change (
    tag_id      bigint PRIMARY KEY,
    new_name    text   COLLATE "C", -- null to remove the tag from all links
    done_up_to  bigint NOT NULL DEFAULT 0, -- the id of the last link that was changed
    owner       text, -- the server that works on the change
    owner_until timestamptz NOT NULL DEFAULT '0001-01-01Z'
);

-- The domains of the installation. Rows are never deleted, so the map of hosts to domains only grows. The
-- first server with this schema inserts the domains of its settings.
CREATE TABLE domain (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        COLLATE "C" NOT NULL UNIQUE, -- '' means the default domain
    settings   text        NOT NULL, -- JSON of the class DomainSettings
    version    integer     NOT NULL DEFAULT 1, -- each change of the domain adds 1
    created_at timestamptz NOT NULL,
    is_active  boolean     NOT NULL, -- whether the domain takes links; the class DomainLoader has the rules
    removed_at timestamptz
);

CREATE TABLE domain_state (
    one      integer PRIMARY KEY CHECK (one = 1),
    revision uuid -- a new random value with each change of the table domain; null while it is empty
);
INSERT INTO domain_state (one) VALUES (1);

-- The id of the newest domain. Each lookup of a link reads it, so that a server notices that it does not know
-- this domain yet.
ALTER TABLE installation
    ADD COLUMN last_domain bigint;

CREATE FUNCTION domain_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE domain_state SET revision = gen_random_uuid();
    UPDATE installation SET last_domain = greatest(last_domain, NEW.id);
    NOTIFY domain_change;
    RETURN NULL;
END $$;
CREATE TRIGGER domain_changed AFTER INSERT OR UPDATE ON domain
    FOR EACH ROW EXECUTE FUNCTION domain_changed();
