-- Layouts in order: ids have a layout from its start until the start of the next layout.
CREATE TABLE key_layout_2 (
    number         INTEGER PRIMARY KEY, -- from 1, in order
    name           TEXT    NOT NULL,
    tick_length_ms INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- milliseconds since 1970
    node_bits      INTEGER NOT NULL,
    sequence_bits  INTEGER NOT NULL,
    since          INTEGER NOT NULL, -- milliseconds since 1970
    opaque         INTEGER NOT NULL  -- 1 for opaque codes
) STRICT;

INSERT INTO key_layout_2 (number, name, tick_length_ms, epoch, node_bits, sequence_bits, since, opaque)
SELECT number, name, tick_length_ms, epoch, node_bits, sequence_bits, epoch, 0 FROM id_layout;

DROP TABLE id_layout;
ALTER TABLE key_layout_2 RENAME TO id_layout;

-- Detects another secret of opaque codes; null before the first opaque code.
ALTER TABLE installation ADD COLUMN secret_check TEXT;
