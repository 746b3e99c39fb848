-- Links get rules (an expiry time and a maximum number of visits) and can be changed and deleted.
ALTER TABLE link
    ADD COLUMN version    integer NOT NULL DEFAULT 1, -- each change of the link adds 1
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN max_visits bigint,
    ADD COLUMN deleted_at timestamptz;

-- How many visits each link with a limit has used. The count has its own table, so that counting a visit does
-- not update the row in the table link.
CREATE TABLE link_limit (
    link_id    bigint PRIMARY KEY,
    max_visits bigint NOT NULL,
    used       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50); -- leaves half of each page free for the next versions of updated rows

CREATE FUNCTION link_limited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.max_visits IS NULL THEN
        DELETE FROM link_limit WHERE link_id = NEW.id;
    ELSE
        INSERT INTO link_limit (link_id, max_visits) VALUES (NEW.id, NEW.max_visits)
        ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER link_limited_at_first AFTER INSERT ON link
    FOR EACH ROW WHEN (NEW.max_visits IS NOT NULL) EXECUTE FUNCTION link_limited();
CREATE TRIGGER link_limited AFTER UPDATE ON link
    FOR EACH ROW WHEN (NEW.max_visits IS DISTINCT FROM OLD.max_visits) EXECUTE FUNCTION link_limited();

-- The changes of links during the last day. A Terse server that missed notifications reads the changes here.
CREATE TABLE link_change (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain     text        COLLATE "C" NOT NULL,
    code       text        COLLATE "C" NOT NULL,
    version    integer     NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE INDEX link_change_written_at ON link_change (written_at);

-- Records each change of a link and notifies the Terse servers. The payload of the notification is
-- 'microseconds since 1970|domain|code'. Each change also deletes up to 4 rows that are older than one day,
-- so that the table does not keep growing. Rows that another transaction has locked are skipped, so that no
-- change waits for the deletion.
CREATE FUNCTION link_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_change (domain, code, version, written_at)
    VALUES (NEW.domain, NEW.code, NEW.version, NEW.written_at);
    PERFORM pg_notify('link_change', concat_ws(
        '|', (extract(epoch FROM NEW.written_at) * 1000000)::bigint, NEW.domain, NEW.code));
    DELETE FROM link_change WHERE seq = ANY (ARRAY(
        SELECT seq FROM link_change
        WHERE written_at < NEW.written_at - interval '1 day'
        ORDER BY written_at LIMIT 4
        FOR UPDATE SKIP LOCKED));
    RETURN NULL;
END $$;
CREATE TRIGGER link_changed AFTER UPDATE ON link FOR EACH ROW EXECUTE FUNCTION link_changed();

-- Which batches of visits were counted, so that a repeated batch is not counted twice. A Terse server numbers
-- its batches from 1 in each run; node and epoch identify the run.
CREATE TABLE visit_batch (
    node       integer NOT NULL,
    epoch      bigint  NOT NULL,
    last_batch bigint  NOT NULL, -- the highest number that was counted; all lower numbers were counted too
    PRIMARY KEY (node, epoch)
);

CREATE TABLE visit_total (
    link_id    bigint PRIMARY KEY,
    visits     bigint NOT NULL, -- visits by people, without bots
    bot_visits bigint NOT NULL
);

CREATE TABLE visit_count (
    link_id bigint      NOT NULL, -- 0 means all links together
    kind    smallint    NOT NULL, -- 0 all visits, 1 country, 2 referrer, 3 browser, 4 OS, 5 device
    hour    timestamptz NOT NULL, -- the beginning of the hour
    value   text        COLLATE "C" NOT NULL, -- '' if kind is 0; kinds 1 to 5 do not count unknown values
    is_bot  boolean     NOT NULL,
    visits  bigint      NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
);

-- How many requests for a code were not redirected, per hour and reason (kind).
CREATE TABLE missed_visit (
    hour   timestamptz NOT NULL, -- the beginning of the hour
    kind   smallint    NOT NULL, -- 1 unknown code, 2 expired, 3 blocked, 4 deleted, 5 no visits left
    is_bot boolean     NOT NULL,
    visits bigint      NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
);

-- One row per visit. Each day in UTC has its own partition, for example visit_day_20261122. The class
-- PostgresVisitPartitions creates and drops the partitions.
CREATE SEQUENCE visit_number;
CREATE TABLE visit (
    at       timestamptz NOT NULL,
    number   bigint      NOT NULL DEFAULT nextval('visit_number'), -- sorts visits with the same time
    link_id  bigint      NOT NULL,
    is_bot   boolean     NOT NULL,
    country  text        COLLATE "C" NOT NULL,
    referrer text        COLLATE "C" NOT NULL,
    browser  text        COLLATE "C" NOT NULL,
    os       text        COLLATE "C" NOT NULL,
    device   text        COLLATE "C" NOT NULL,
    PRIMARY KEY (at, number)
) PARTITION BY RANGE (at);
CREATE INDEX visit_link ON visit (link_id, at, number);
