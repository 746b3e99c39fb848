-- Every layout of ids that this database ever used. A layout says how the bits of an id are divided. Rows are
-- only inserted, never updated or deleted.
CREATE TABLE id_layout (
    number        integer     PRIMARY KEY, -- the first layout has 1, each later layout the next number
    name          text        NOT NULL,
    tick_length   interval    NOT NULL,
    epoch         timestamptz NOT NULL,
    node_bits     integer     NOT NULL,
    sequence_bits integer     NOT NULL,
    since         timestamptz NOT NULL,
    opaque        boolean     NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

-- The only row contains a check value of the setting Codes:Secret. A Terse server computes the check value of
-- its own secret and reports an error if the two values differ. The value is null until a layout has opaque
-- codes.
CREATE TABLE installation (
    one          integer PRIMARY KEY CHECK (one = 1),
    secret_check text
);
INSERT INTO installation (one) VALUES (1);

-- Which Terse server may mint ids with which node (a number in each id), and until when. The class NodeRow
-- contains the rules.
CREATE TABLE node (
    id             integer     PRIMARY KEY,
    owner          text,                 -- name of the Terse server; null after that server released the node
    epoch          bigint      NOT NULL, -- each change of the row adds 1; not a point in time
    reserved_until timestamptz NOT NULL
);

CREATE TABLE link (
    id         bigint      PRIMARY KEY,
    domain     text        COLLATE "C" NOT NULL, -- '' means the default domain
    code       text        COLLATE "C" NOT NULL,
    target     text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL, -- the end of the timestamp tick in id, or the time of the last change
    UNIQUE (domain, code)
);
SELECT horizon_protect('link');
