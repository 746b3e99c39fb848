-- The id layouts in the order of their use. A layout applies to the ids from its own start (since) until the
-- start of the next layout.
CREATE TABLE key_layout_2 (
    number         INTEGER PRIMARY KEY, -- 1 for the first layout
    name           TEXT    NOT NULL,
    tick_length_ms INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- milliseconds since 1970
    node_bits      INTEGER NOT NULL,
    sequence_bits  INTEGER NOT NULL,
    since          INTEGER NOT NULL, -- start of the layout: milliseconds since 1970
    opaque         INTEGER NOT NULL  -- 1 if codes are encrypted ids, otherwise 0
) STRICT;

INSERT INTO key_layout_2 (number, name, tick_length_ms, epoch, node_bits, sequence_bits, since, opaque)
SELECT number, name, tick_length_ms, epoch, node_bits, sequence_bits, epoch, 0 FROM id_layout;

DROP TABLE id_layout;
ALTER TABLE key_layout_2 RENAME TO id_layout;

-- A value computed from the secret that encrypts codes. Terse compares it to detect that the secret has
-- changed. Null before the first encrypted code.
ALTER TABLE installation ADD COLUMN secret_check TEXT;
