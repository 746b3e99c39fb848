-- Every layout of ids that was ever minted by; rows are added, never changed.
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

-- Tells the secret of opaque codes from another; null while there are none.
CREATE TABLE installation (
    one          integer PRIMARY KEY CHECK (one = 1),
    secret_check text
);
INSERT INTO installation (one) VALUES (1);

-- Who may mint ids with which node, and until when; NodeRow has the rules.
CREATE TABLE node (
    id             integer     PRIMARY KEY,
    owner          text,                 -- null where it was given back
    epoch          bigint      NOT NULL, -- grows with every change
    reserved_until timestamptz NOT NULL
);

CREATE TABLE link (
    id         bigint      PRIMARY KEY,
    domain     text        COLLATE "C" NOT NULL, -- '' is the default domain
    code       text        COLLATE "C" NOT NULL,
    target     text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL, -- the end of the id's tick, or when it was changed last
    UNIQUE (domain, code)
);
SELECT horizon_protect('link');
