-- Rules of links, and changes of them.
ALTER TABLE link
    ADD COLUMN version    integer NOT NULL DEFAULT 1, -- each change adds 1
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN max_visits bigint,
    ADD COLUMN deleted_at timestamptz;

-- How many of its visits a link with a limit has used. A table of its own, so that a visit does not change
-- the link.
CREATE TABLE link_limit (
    link_id    bigint PRIMARY KEY,
    max_visits bigint NOT NULL,
    used       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50); -- room beside each row for its next version

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

-- The changes of the last day, for servers that missed the notification.
CREATE TABLE link_change (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain     text        COLLATE "C" NOT NULL,
    code       text        COLLATE "C" NOT NULL,
    version    integer     NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE INDEX link_change_written_at ON link_change (written_at);

-- Notifies the servers with 'microseconds since 1970|domain|code'. Each change removes up to 4 old rows, more
-- than it adds, and skips locked rows.
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

-- The batches of visits that were counted, by the node and the epoch of the server run that numbered them.
CREATE TABLE visit_batch (
    node       integer NOT NULL,
    epoch      bigint  NOT NULL,
    last_batch bigint  NOT NULL, -- the newest counted number; all lower numbers are counted too
    PRIMARY KEY (node, epoch)
);

CREATE TABLE visit_total (
    link_id    bigint PRIMARY KEY,
    visits     bigint NOT NULL, -- by people
    bot_visits bigint NOT NULL
);

CREATE TABLE visit_count (
    link_id bigint      NOT NULL, -- 0 is everything
    kind    smallint    NOT NULL, -- 0 all, 1 country, 2 referrer, 3 browser, 4 operating system, 5 device
    hour    timestamptz NOT NULL, -- the beginning of the hour
    value   text        COLLATE "C" NOT NULL, -- '' with kind 0; a visit with an unknown value has no row
    is_bot  boolean     NOT NULL,
    visits  bigint      NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
);

-- Requests for codes without a redirect.
CREATE TABLE missed_visit (
    hour   timestamptz NOT NULL, -- the beginning of the hour
    kind   smallint    NOT NULL, -- 1 unknown, 2 expired, 3 blocked, 4 deleted, 5 used up
    is_bot boolean     NOT NULL,
    visits bigint      NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
);

-- Single visits, in one partition per day, such as visit_day_20261122; PostgresVisitPartitions creates the
-- partitions.
CREATE SEQUENCE visit_number;
CREATE TABLE visit (
    at       timestamptz NOT NULL,
    number   bigint      NOT NULL DEFAULT nextval('visit_number'), -- orders visits of one millisecond
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
