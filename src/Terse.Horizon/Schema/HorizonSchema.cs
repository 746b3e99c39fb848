namespace Terse.Horizon;

/// <summary>
/// The SQL that creates the horizon: a view with one row, and functions. The horizon is an instant up to
/// which all writes are finished. Run <see cref="Install"/> and <see cref="Upgrade"/> in migrations on the
/// primary, then <c>SELECT horizon_protect('table')</c> for each table to protect.
/// </summary>
/// <remarks>
/// <para>
/// A protected table has a column <c>written_at timestamptz NOT NULL</c>. An insert sets the column to an
/// instant that the client chooses. An update need not set the column, because a trigger, the guard, sets it.
/// </para>
/// <para>
/// The guard runs for each written row. The guard refuses an insert whose <c>written_at</c> is at or before
/// the horizon. A beat is an update that moves the horizon forward. A lock prevents a beat from running while
/// a write to a protected table is unfinished. Writes that finished before the beat precede the beat in the
/// write-ahead log. Later writes have a <c>written_at</c> after the horizon. So a replica that has received a
/// horizon also has every row whose <c>written_at</c> is at or before this horizon.
/// </para>
/// </remarks>
public static class HorizonSchema
{
    /// <summary>
    /// The SQLSTATE of an insert that the guard trigger refuses because the <c>written_at</c> of the row is
    /// at or before the horizon. The client chooses a later <c>written_at</c> and inserts the row again.
    /// </summary>
    public const string TooLate = "TH001";

    /// <summary>
    /// The SQLSTATE of a write that the guard trigger refuses because the isolation level of the transaction
    /// is not READ COMMITTED.
    /// </summary>
    public const string WrongIsolation = "TH002";

    /// <summary>
    /// The SQLSTATE of a write that the guard trigger refuses because the new primary has not moved the
    /// horizon since the failover. Try the write again after a short wait.
    /// </summary>
    public const string NotBeaten = "TH003";

    /// <summary>
    /// An SQL expression that returns the timeline of the write-ahead log that a primary writes. A replica
    /// fails to evaluate the expression.
    /// </summary>
    internal const string WrittenTimeline =
        "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer";

    /// <summary>
    /// The row of <c>horizon</c> as <c>h</c>, for a FROM clause. The first schema lacks the columns
    /// <c>system_identifier</c> and <c>term</c>. PostgreSQL then finds these names outside of the subquery,
    /// with values that mean "unknown". So the same statement works with both schemas, also on a replica that
    /// has not replayed the migration yet.
    /// </summary>
    internal const string Row =
        """
        (SELECT 0::bigint AS system_identifier, NULL::uuid AS term) AS unknown
            CROSS JOIN LATERAL (
                SELECT closed_at, system_identifier, timeline, term FROM horizon) AS h
        """;

    /// <summary>
    /// The horizon in the snapshot of a statement, and the primary that wrote it, for a FROM clause. Has one
    /// row <c>snapshot</c> with the columns <c>closed_at</c>, <c>system_identifier</c>, <c>timeline</c> and
    /// <c>term</c>. <see cref="ClusterIdentity.Read"/> reads the last three; the timeline is 0 on a primary
    /// before its first beat, so that the identity matches no known primary. PostgreSQL evaluates the columns
    /// once, not once for each row that is joined.
    /// </summary>
    public const string Snapshot =
        $"""
        (
            SELECT h.closed_at, h.system_identifier, h.term,
                CASE WHEN pg_is_in_recovery() THEN h.timeline
                    WHEN h.timeline = horizon_timeline() THEN h.timeline
                    ELSE 0 END AS timeline
            FROM {Row}
            OFFSET 0) AS snapshot
        """;

    /// <summary>
    /// The functions of this version of the library, which replace those of an earlier version. A write to a
    /// protected table takes the advisory lock 0x54484f52495a4f4e ("THORIZON") in shared mode until its
    /// transaction ends. A beat takes the same lock in exclusive mode, so that no write is unfinished while
    /// the horizon moves.
    /// </summary>
    private const string Functions =
        $"""
        -- Returns the timeline of the write-ahead log on the primary. Each failover raises the timeline.
        CREATE OR REPLACE FUNCTION horizon_timeline() RETURNS integer LANGUAGE sql VOLATILE AS $$
            SELECT {WrittenTimeline}
        $$;

        -- Moves the horizon (closed_at) forward when a beat is due, and returns whether the beat ran. The
        -- first beat of a new primary moves the horizon to the current time and ignores the grace. So the new
        -- horizon is also later than a horizon that the old primary set but did not replicate to this host.
        -- A primary is new after a promotion, which raises the timeline, and in a restored database, which
        -- has another system identifier. The first beat also chooses the term of the new primary.
        CREATE OR REPLACE FUNCTION horizon_beat(due interval, grace interval) RETURNS boolean
        LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            own_system bigint := (SELECT system_identifier FROM pg_control_system());
            is_new boolean;
        BEGIN
            IF EXISTS (
                SELECT FROM horizon
                WHERE closed_at > clock_timestamp() - grace - due
                    AND timeline = horizon_timeline() AND system_identifier = own_system) THEN
                RETURN false;
            END IF;
            -- While a beat waits for the lock, new writes wait behind the beat. Therefore a beat waits at
            -- most 10 ms, or 200 ms when the horizon is more than 2 s late.
            PERFORM set_config(
                'lock_timeout',
                CASE WHEN closed_at < clock_timestamp() - grace - interval '2 s' THEN '200ms' ELSE '10ms' END,
                true) FROM horizon;
            PERFORM pg_advisory_xact_lock(x'54484f52495a4f4e'::bigint);
            -- Under the lock, because only one of several servers may choose the term.
            is_new := NOT EXISTS (
                SELECT FROM horizon
                WHERE timeline = horizon_timeline() AND system_identifier = own_system);
            UPDATE horizon_state SET
                closed_at = greatest(
                    closed_at, clock_timestamp() - CASE WHEN is_new THEN interval '0 s' ELSE grace END),
                system_identifier = own_system,
                timeline = horizon_timeline(),
                term = CASE WHEN is_new THEN gen_random_uuid() ELSE term END
            WHERE closed_at = (SELECT closed_at FROM horizon);
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            RETURN false;
        END $$;

        -- Runs before a row of a protected table is inserted or updated. One statement takes the lock, and
        -- the next statement reads the horizon. The snapshot of the second statement is taken under the lock,
        -- so the snapshot contains the last beat. Before the first beat of a new primary, the function
        -- refuses writes, because the new primary may not have received the last horizon of the old one. An
        -- acknowledged write is on disk, whatever synchronous_commit the client or the database has set; a
        -- stronger setting (remote_apply) stays.
        CREATE OR REPLACE FUNCTION horizon_guard() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            closed timestamptz;
            has_beaten boolean;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'Writes to % need the isolation level READ COMMITTED.', TG_TABLE_NAME
                    USING ERRCODE = '{WrongIsolation}';
            END IF;
            IF current_setting('synchronous_commit') IN ('off', 'local', 'remote_write') THEN
                PERFORM set_config('synchronous_commit', 'on', true);
            END IF;
            PERFORM pg_advisory_xact_lock_shared(x'54484f52495a4f4e'::bigint);
            SELECT closed_at, timeline = horizon_timeline() INTO STRICT closed, has_beaten FROM horizon;
            IF NOT has_beaten THEN
                RAISE EXCEPTION 'The new primary has not closed its first horizon yet; retry shortly.'
                    USING ERRCODE = '{NotBeaten}';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                NEW.written_at := greatest(clock_timestamp(), closed + interval '1 microsecond');
            ELSIF NEW.written_at <= closed THEN
                RAISE EXCEPTION 'The horizon is closed at %, and written_at is %.', closed, NEW.written_at
                    USING ERRCODE = '{TooLate}';
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

    /// <summary>
    /// The first migration: creates the table <c>horizon</c>, its row and the functions. The script fails
    /// when the table already exists. <see cref="Upgrade"/> follows in a later migration or in the same one.
    /// </summary>
    public const string Install = FirstHorizonSchema.Sql;

    /// <summary>
    /// The second migration: makes <c>horizon</c> a view of the table <c>horizon_state</c>, whose row with
    /// the latest <c>closed_at</c> is the horizon, and replaces the functions. Programs with an earlier
    /// version of the library continue to work.
    /// </summary>
    /// <remarks>
    /// A transaction that keeps an old snapshot open for hours keeps all versions of the row, four more each
    /// second, and a scan of the table reads all of them. The index returns the newest version first, so a
    /// read and a beat cost the same after any number of beats. The index contains no column that stays the
    /// same, because a unique index compares a new entry with all entries of the same value. The 1,000 older
    /// rows never change; with them, the planner always prefers the index to a scan of the table.
    /// </remarks>
    public const string Upgrade =
        $"""
        LOCK TABLE horizon IN ACCESS EXCLUSIVE MODE;
        CREATE TABLE horizon_state (
            closed_at         timestamptz PRIMARY KEY,
            system_identifier bigint      NOT NULL DEFAULT 0,
            timeline          integer     NOT NULL,
            term              uuid        NOT NULL DEFAULT gen_random_uuid()
        );
        INSERT INTO horizon_state (closed_at, system_identifier, timeline)
        SELECT h.closed_at, c.system_identifier, h.timeline FROM horizon AS h, pg_control_system() AS c;
        INSERT INTO horizon_state (closed_at, timeline)
        SELECT '0001-01-01Z'::timestamptz - number * interval '1 s', 0
        FROM generate_series(1, 1000) AS number;
        ANALYZE horizon_state;
        DROP TABLE horizon;
        CREATE VIEW horizon AS
            SELECT closed_at, system_identifier, timeline, term
            FROM horizon_state ORDER BY closed_at DESC LIMIT 1;

        {Functions}
        """;
}
