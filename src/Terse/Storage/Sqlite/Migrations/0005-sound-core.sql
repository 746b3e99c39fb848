-- The guarantees of the core hold in the corners, too: under floods, long snapshots and failovers.

-- Removing the limit of a link and setting a limit again keeps the number of used visits. So the row of a link
-- that had a limit stays; without a limit, its limit is the largest number.
DROP TRIGGER link_limited;
CREATE TRIGGER link_limited AFTER UPDATE ON link WHEN NEW.max_visits IS NOT OLD.max_visits BEGIN
    INSERT INTO link_limit (link_id, max_visits)
    SELECT NEW.id, coalesce(NEW.max_visits, 9223372036854775807) WHERE true
    ON CONFLICT (link_id) DO UPDATE SET max_visits = excluded.max_visits;
END;
