namespace Terse.Horizon;

/// <summary>
/// The database objects of the horizon: one row and some functions. Run <see cref="Install"/> in a migration
/// on the primary, then <c>SELECT horizon_protect('table')</c> for each table to protect. For each later
/// version of the library, run <see cref="Functions"/> in a migration.
/// </summary>
/// <remarks>
/// A protected table has a column <c>written_at timestamptz NOT NULL</c>. An insert sets the column to an
/// instant that the client chooses, for example the end of the tick of an id. An update may leave the column
/// alone: the guard sets it. The guard is a trigger on each row, which refuses an insert at or before the
/// horizon. Therefore every row that was written at or before the horizon that a replica shows is on that
/// replica.
/// </remarks>
public static class HorizonSchema
{
    /// <summary>
    /// The SQLSTATE of an insert at or before the horizon: choose a later instant and insert again.
    /// </summary>
    public const string TooLate = "TH001";

    /// <summary>The SQLSTATE of a write in an isolation level other than READ COMMITTED.</summary>
    public const string WrongIsolation = "TH002";

    /// <summary>
    /// The SQLSTATE of a write on a new primary before its first beat: retry shortly.
    /// </summary>
    public const string NotBeaten = "TH003";

    /// <summary>An SQL expression for the timeline that a primary writes; it fails on a replica.</summary>
    internal const string WrittenTimeline =
        "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer";

    /// <summary>
    /// The functions of this version of the library; they replace the functions of an earlier version. Beats
    /// and writes exclude each other with the advisory lock 0x54484f52495a4f4e ("THORIZON"): a write holds
    /// the lock in shared mode until its transaction ends, a beat holds the lock in exclusive mode.
    /// </summary>
    public const string Functions =
        $"""
        -- The timeline that the primary writes; each failover raises it.
        CREATE OR REPLACE FUNCTION horizon_timeline() RETURNS integer LANGUAGE sql VOLATILE AS $$
            SELECT {WrittenTimeline}
        $$;

        -- Moves the horizon forward when a beat is due, and returns whether it did. The first beat of a new
        -- primary closes everything up to its present time. So it covers every horizon that the old primary
        -- may have closed without replicating it to this host.
        CREATE OR REPLACE FUNCTION horizon_beat(due interval, grace interval) RETURNS boolean
        LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM horizon
                WHERE closed_at > clock_timestamp() - grace - due AND timeline = horizon_timeline()) THEN
                RETURN false;
            END IF;
            -- New writes queue behind a waiting beat. So a beat waits briefly, and longer only when overdue.
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

        -- Runs before each row that is written into a protected table. It takes the lock first. A separate
        -- statement then reads the horizon, so that its snapshot is taken while the lock is held. Before the
        -- first beat of a new primary, the row shows a horizon of the old primary, perhaps not the last one.
        CREATE OR REPLACE FUNCTION horizon_guard() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            closed timestamptz;
            has_beaten boolean;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'Writes to % need the isolation level READ COMMITTED.', TG_TABLE_NAME
                    USING ERRCODE = 'TH002';
            END IF;
            PERFORM pg_advisory_xact_lock_shared(x'54484f52495a4f4e'::bigint);
            SELECT closed_at, timeline = horizon_timeline() INTO STRICT closed, has_beaten FROM horizon;
            IF NOT has_beaten THEN
                RAISE EXCEPTION 'The new primary has not closed its first horizon yet; retry shortly.'
                    USING ERRCODE = 'TH003';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                NEW.written_at := greatest(clock_timestamp(), closed + interval '1 microsecond');
            ELSIF NEW.written_at <= closed THEN
                RAISE EXCEPTION 'The horizon is closed at %, and written_at is %.', closed, NEW.written_at
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

    /// <summary>Creates the table, its row and the functions in a database without them.</summary>
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
