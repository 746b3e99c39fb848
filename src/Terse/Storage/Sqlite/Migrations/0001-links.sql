-- This table has one row, which contains the constants of the database. The timestamp of an id counts ticks
-- since the epoch.
CREATE TABLE installation (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL -- milliseconds since 1970: midnight UTC of the day the database was created
) STRICT;

-- Every id layout that this database has ever used. Terse only adds rows and never changes a row.
CREATE TABLE id_layout (
    number         INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    tick_length_ms INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- milliseconds since 1970
    node_bits      INTEGER NOT NULL,
    sequence_bits  INTEGER NOT NULL
) STRICT;

-- The rows are in the tree of the primary key, so a redirect searches one tree. Files of early builds have
-- the primary key (id) and an index on domain and code instead, and keep them.
CREATE TABLE link (
    id         INTEGER NOT NULL UNIQUE,
    domain     TEXT    NOT NULL, -- '' is the default domain
    code       TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (domain, code)
) STRICT, WITHOUT ROWID;

-- One row per node that was ever reserved. A node is a number that one server at a time reserves to mint
-- ids. The class NodeRow contains the rules for reservations.
CREATE TABLE node (
    id             INTEGER PRIMARY KEY,
    owner          TEXT,             -- null after the server has released the node
    epoch          INTEGER NOT NULL, -- each change of the row adds 1
    reserved_until INTEGER NOT NULL  -- milliseconds since 1970
) STRICT;
