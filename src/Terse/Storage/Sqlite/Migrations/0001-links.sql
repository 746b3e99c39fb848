-- Constants of this database. Ids count their ticks from the epoch.
CREATE TABLE installation (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL -- milliseconds since 1970: midnight UTC of the day the database was created
) STRICT;

-- Every layout of ids that was ever in use in this database. Rows are added, never changed.
CREATE TABLE id_layout (
    number         INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    tick_length_ms INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- milliseconds since 1970
    node_bits      INTEGER NOT NULL,
    sequence_bits  INTEGER NOT NULL
) STRICT;

CREATE TABLE link (
    id         INTEGER PRIMARY KEY,
    domain     TEXT    NOT NULL, -- '' is the default domain
    code       TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    UNIQUE (domain, code)
) STRICT;

-- The reservations of nodes, which mint ids; the class NodeRow has the rules.
CREATE TABLE node (
    id             INTEGER PRIMARY KEY,
    owner          TEXT,             -- null after a release
    epoch          INTEGER NOT NULL, -- grows with every change
    reserved_until INTEGER NOT NULL  -- milliseconds since 1970
) STRICT;
