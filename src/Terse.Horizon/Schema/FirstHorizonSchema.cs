namespace Terse.Horizon;

/// <summary>
/// The SQL of the horizon's first schema. Databases of earlier versions have exactly this schema, so the text
/// never changes; <see cref="HorizonSchema.Upgrade"/> replaces it.
/// </summary>
internal static class FirstHorizonSchema
{
    public const string Sql =
        $"""
        CREATE TABLE horizon (
            one       integer     PRIMARY KEY CHECK (one = 1),
            closed_at timestamptz NOT NULL,
            timeline  integer     NOT NULL
        );

        -- Returns the timeline of the write-ahead log on the primary. Each failover raises the timeline.
        CREATE OR REPLACE FUNCTION horizon_timeline() RETURNS integer LANGUAGE sql VOLATILE AS $$
            SELECT {HorizonSchema.WrittenTimeline}
        $$;

        -- Moves the horizon (closed_at) forward when a beat is due, and returns whether the beat ran. The
        -- first beat of a new primary moves the horizon to the current time and ignores the grace. So the new
        -- horizon is also later than a horizon that the old primary set but did not replicate to this host.
        CREATE OR REPLACE FUNCTION horizon_beat(due interval, grace interval) RETURNS boolean
        LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM horizon
                WHERE closed_at > clock_timestamp() - grace - due AND timeline = horizon_timeline()) THEN
                RETURN false;
            END IF;
            -- While a beat waits for the lock, new writes wait behind the beat. Therefore a beat waits at
            -- most 10 ms, or 200 ms when the horizon is more than 2 s late.
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

        -- Runs before a row of a protected table is inserted or updated. One statement takes the lock, and
        -- the next statement reads the horizon. The snapshot of the second statement is taken under the lock,
        -- so the snapshot contains the last beat. Before the first beat of a new primary, the function
        -- refuses writes, because the new primary may not have received the last horizon of the old one.
        CREATE OR REPLACE FUNCTION horizon_guard() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            closed timestamptz;
            has_beaten boolean;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'Writes to % need the isolation level READ COMMITTED.', TG_TABLE_NAME
                    USING ERRCODE = '{HorizonSchema.WrongIsolation}';
            END IF;
            PERFORM pg_advisory_xact_lock_shared(x'54484f52495a4f4e'::bigint);
            SELECT closed_at, timeline = horizon_timeline() INTO STRICT closed, has_beaten FROM horizon;
            IF NOT has_beaten THEN
                RAISE EXCEPTION 'The new primary has not closed its first horizon yet; retry shortly.'
                    USING ERRCODE = '{HorizonSchema.NotBeaten}';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                NEW.written_at := greatest(clock_timestamp(), closed + interval '1 microsecond');
            ELSIF NEW.written_at <= closed THEN
                RAISE EXCEPTION 'The horizon is closed at %, and written_at is %.', closed, NEW.written_at
                    USING ERRCODE = '{HorizonSchema.TooLate}';
            END IF;
            RETURN NEW;
        END $$;

        CREATE OR REPLACE FUNCTION horizon_protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            EXECUTE format(
                'CREATE TRIGGER horizon_guard BEFORE INSERT OR UPDATE ON %s'
                ' FOR EACH ROW EXECUTE FUNCTION horizon_guard()', target);
        END $$;

        INSERT INTO horizon (one, closed_at, timeline) VALUES (1, '0001-01-01Z', horizon_timeline());
        """;
}
