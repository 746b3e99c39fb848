-- Layouts that follow each other: each is minted by from an instant on, until the next one begins.
CREATE TABLE key_layout_2 (
    number         INTEGER PRIMARY KEY, -- from 1, in order
    name           TEXT    NOT NULL,
    tick_length_ms INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- milliseconds since 1970
    node_bits      INTEGER NOT NULL,
    sequence_bits  INTEGER NOT NULL,
    since          INTEGER NOT NULL, -- milliseconds since 1970
    opaque         INTEGER NOT NULL  -- 1 where codes are permuted
) STRICT;

INSERT INTO key_layout_2 (number, name, tick_length_ms, epoch, node_bits, sequence_bits, since, opaque)
SELECT number, name, tick_length_ms, epoch, node_bits, sequence_bits, epoch, 0 FROM id_layout;

DROP TABLE id_layout;
ALTER TABLE key_layout_2 RENAME TO id_layout;

-- Tells the secret of opaque codes from another; null while there are none.
ALTER TABLE installation ADD COLUMN secret_check TEXT;
