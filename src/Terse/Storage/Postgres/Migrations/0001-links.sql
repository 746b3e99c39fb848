-- Every layout of ids that was ever used; rows are added and never changed.
CREATE TABLE id_layout (
    number        integer     PRIMARY KEY, -- from 1, in order
    name          text        NOT NULL,
    tick_length   interval    NOT NULL,
    epoch         timestamptz NOT NULL,
    node_bits     integer     NOT NULL,
    sequence_bits integer     NOT NULL,
    since         timestamptz NOT NULL,
    opaque        boolean     NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

-- Recognizes a wrong secret of opaque codes; null while no layout is opaque.
CREATE TABLE installation (
    one          integer PRIMARY KEY CHECK (one = 1),
    secret_check text
);
INSERT INTO installation (one) VALUES (1);

-- Which server may mint ids with which node, and until when; NodeRow has the rules.
CREATE TABLE node (
    id             integer     PRIMARY KEY,
    owner          text,                 -- null when the node was given back
    epoch          bigint      NOT NULL, -- rises with every change
    reserved_until timestamptz NOT NULL
);

CREATE TABLE link (
    id         bigint      PRIMARY KEY,
    domain     text        COLLATE "C" NOT NULL, -- '' is the default domain
    code       text        COLLATE "C" NOT NULL,
    target     text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL, -- the end of the id's tick, or the time of the last change
    UNIQUE (domain, code)
);
SELECT horizon_protect('link');
