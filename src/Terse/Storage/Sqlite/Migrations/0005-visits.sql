-- Which batches of visits were counted, by the node and the epoch of the run that numbered them.
CREATE TABLE visit_batch (
    node       INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    last_batch INTEGER NOT NULL, -- the newest number; all before it are counted
    counted    INTEGER,          -- so many of its visits, while they are not all; else null
    PRIMARY KEY (node, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_total (
    link_id    INTEGER PRIMARY KEY,
    visits     INTEGER NOT NULL, -- by people
    bot_visits INTEGER NOT NULL
) STRICT;

CREATE TABLE visit_count (
    link_id INTEGER NOT NULL, -- 0 is everything
    kind    INTEGER NOT NULL, -- 0 all, 1 country, 2 referrer, 3 browser, 4 operating system, 5 device
    hour    INTEGER NOT NULL, -- of UTC, since 1970
    value   TEXT    NOT NULL, -- '' with kind 0; a visit of which nothing is known has no row
    is_bot  INTEGER NOT NULL,
    visits  INTEGER NOT NULL,
    PRIMARY KEY (link_id, kind, hour, value, is_bot)
) STRICT, WITHOUT ROWID;

-- Requests for codes that led nowhere.
CREATE TABLE missed_visit (
    hour   INTEGER NOT NULL, -- of UTC, since 1970
    kind   INTEGER NOT NULL, -- 1 unknown, 2 expired, 3 blocked, 4 deleted, 5 used up
    is_bot INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    PRIMARY KEY (hour, kind, is_bot)
) STRICT, WITHOUT ROWID;

-- Numbers of single visits, which are in a table for each day: visit_day_20261122. SqliteVisitDays makes it.
CREATE TABLE visit_number (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    next_number INTEGER NOT NULL
) STRICT;
INSERT INTO visit_number (one, next_number) VALUES (1, 0);
