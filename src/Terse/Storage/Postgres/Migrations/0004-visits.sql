-- Which batches of visits were counted, by the node and the epoch of the run that numbered them.
CREATE TABLE visit_batch (
    node       integer NOT NULL,
    epoch      bigint  NOT NULL,
    last_batch bigint  NOT NULL, -- the newest number; all before it are counted
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
    hour    timestamptz NOT NULL, -- its begin
    value   text        COLLATE "C" NOT NULL, -- '' with kind 0; a visit of which nothing is known has no row
    is_bot  boolean     NOT NULL,
    visits  bigint      NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
);

-- Requests for codes that led nowhere.
CREATE TABLE missed_visit (
    hour   timestamptz NOT NULL, -- its begin
    kind   smallint    NOT NULL, -- 1 unknown, 2 expired, 3 blocked, 4 deleted, 5 used up
    is_bot boolean     NOT NULL,
    visits bigint      NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
);

-- Single visits, in partitions of a day each, visit_day_20261122; PostgresVisitDays makes them.
CREATE SEQUENCE visit_number;
CREATE TABLE visit (
    at       timestamptz NOT NULL,
    number   bigint      NOT NULL DEFAULT nextval('visit_number'), -- tells visits of one millisecond apart
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
