-- Every layout of ids that this database ever used. Rows are only inserted, never updated or deleted.
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

-- The only row contains a check value of the setting Codes:Secret. A Terse server compares the value with its
-- own secret and reports an error when the secret differs. The value is null until a layout has opaque codes.
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
    written_at timestamptz NOT NULL, -- the end of the id's tick; after a change, the time of the last change
    UNIQUE (domain, code)
);
SELECT horizon_protect('link');
