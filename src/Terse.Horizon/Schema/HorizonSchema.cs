namespace Terse.Horizon;

/// <summary>
/// What the horizon needs in the database: one row and some functions. <see cref="Install"/> belongs into a
/// migration of the user's, on the primary, then <c>SELECT horizon_protect('table')</c> for each table; and
/// <see cref="Functions"/> alone into one for each later version of the library.
/// </summary>
/// <remarks>
/// A protected table has a column <c>written_at timestamptz NOT NULL</c>. Who inserts sets it to an instant
/// of his own choice, such as the end of the tick of an id; who updates finds it set for him. The guard, a
/// trigger on each row, refuses an insert at or before the horizon. So what was written at or before a
/// horizon that a replica shows is on that replica.
/// </remarks>
public static class HorizonSchema
{
    /// <summary>
    /// The SQLSTATE of an insert that came too late: choose a later instant, and insert again.
    /// </summary>
    public const string TooLate = "TH001";

    /// <summary>The SQLSTATE of a write in an isolation level other than READ COMMITTED.</summary>
    public const string WrongIsolation = "TH002";

    /// <summary>
    /// The SQLSTATE of a write on a new primary that has not beaten yet: try again in a moment.
    /// </summary>
    public const string NotBeaten = "TH003";

    /// <summary>The timeline that a primary writes, as an expression; a replica has none.</summary>
    internal const string WrittenTimeline =
        "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer";

    /// <summary>
    /// The functions of this version of the library, in place of an earlier one's. The lock that keeps beats
    /// and writes apart is the advisory lock 0x54484f52495a4f4e ("THORIZON"): writes hold it shared until
    /// their transaction ends, a beat alone.
    /// </summary>
    public const string Functions =
        $"""
        -- The timeline that the primary writes; it grows with each failover.
        CREATE OR REPLACE FUNCTION horizon_timeline() RETURNS integer LANGUAGE sql VOLATILE AS $$
            SELECT {WrittenTimeline}
        $$;

        -- Sets the horizon forward, when it is due. Returns whether it did. The first beat of a new primary
        -- closes all up to its present, and so what the old one may have closed without this one knowing.
        CREATE OR REPLACE FUNCTION horizon_beat(due interval, grace interval) RETURNS boolean
        LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM horizon
                WHERE closed_at > clock_timestamp() - grace - due AND timeline = horizon_timeline()) THEN
                RETURN false;
            END IF;
            -- Writes wait behind a beat that waits, so it waits little, and longer only when it is overdue.
            PERFORM set_config(
                'lock_timeout',
                CASE WHEN closed_at < clock_timestamp() - grace - interval '2 s' THEN '200ms' ELSE '10ms' END,
                true) FROM horizon;
            PERFORM pg_advisory_xact_lock(x'54484f52495a4f4e'::bigint);
            UPDATE horizon SET
                closed_at = greatest(closed_at, clock_timestamp() - CASE
                    WHEN timeline = horizon_timeline() THEN grace ELSE interval '0 s' END),
                timeline = horizon_timeline();
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            RETURN false;
        END $$;

        -- Runs before each row that is written into a protected table. The lock comes first; the horizon is
        -- read by a statement of its own, whose snapshot is taken when the lock is held. Before the first
        -- beat of a new primary it is the old one's, and maybe not its last.
        CREATE OR REPLACE FUNCTION horizon_guard() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            closed timestamptz;
            has_beaten boolean;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'Writes to % need READ COMMITTED.', TG_TABLE_NAME USING ERRCODE = 'TH002';
            END IF;
            PERFORM pg_advisory_xact_lock_shared(x'54484f52495a4f4e'::bigint);
            SELECT closed_at, timeline = horizon_timeline() INTO STRICT closed, has_beaten FROM horizon;
            IF NOT has_beaten THEN
                RAISE EXCEPTION 'The horizon of this timeline is not known yet.' USING ERRCODE = 'TH003';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                NEW.written_at := greatest(clock_timestamp(), closed + interval '1 microsecond');
            ELSIF NEW.written_at <= closed THEN
                RAISE EXCEPTION 'The horizon is closed at %, and the row is of %.', closed, NEW.written_at
                    USING ERRCODE = 'TH001';
            END IF;
            RETURN NEW;
        END $$;

        CREATE OR REPLACE FUNCTION horizon_protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            EXECUTE format(
                'CREATE TRIGGER horizon_guard BEFORE INSERT OR UPDATE ON %s'
                ' FOR EACH ROW EXECUTE FUNCTION horizon_guard()', target);
        END $$;
        """;

    /// <summary>All that there has to be, where nothing is yet.</summary>
    public const string Install =
        $"""
        CREATE TABLE horizon (
            one       integer     PRIMARY KEY CHECK (one = 1),
            closed_at timestamptz NOT NULL,
            timeline  integer     NOT NULL
        );

        {Functions}
        INSERT INTO horizon (one, closed_at, timeline) VALUES (1, '0001-01-01Z', horizon_timeline());
        """;
}
