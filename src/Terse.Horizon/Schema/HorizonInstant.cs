namespace Terse.Horizon;

/// <summary>
/// The SQL that creates the function <c>horizon_instant()</c>. It lets a transaction write rows of tables
/// that are not protected, so that readers who advance only up to the horizon miss none of them.
/// </summary>
/// <remarks>
/// The function returns an instant after the horizon, and keeps beats from running until the transaction
/// ends. So a row with this instant is visible wherever a horizon at or after the instant is visible, as with
/// a protected table (<see cref="HorizonSchema"/>). All rows that a statement writes may have the same
/// instant.
/// </remarks>
public static class HorizonInstant
{
    /// <summary>
    /// The migration that creates the function. It follows <see cref="HorizonSchema.Upgrade"/>.
    /// </summary>
    public const string Create =
        $"""
        -- Returns the present time, or the time just after the horizon if the clock is behind. Refuses, like
        -- horizon_guard, other isolation levels and a new primary before its first beat.
        CREATE OR REPLACE FUNCTION horizon_instant() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            closed timestamptz;
            has_beaten boolean;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'horizon_instant needs the isolation level READ COMMITTED.'
                    USING ERRCODE = '{HorizonSchema.WrongIsolation}';
            END IF;
            IF current_setting('synchronous_commit') IN ('off', 'local', 'remote_write') THEN
                PERFORM set_config('synchronous_commit', 'on', true);
            END IF;
            PERFORM pg_advisory_xact_lock_shared(x'54484f52495a4f4e'::bigint);
            SELECT closed_at, timeline = horizon_timeline() INTO STRICT closed, has_beaten FROM horizon;
            IF NOT has_beaten THEN
                RAISE EXCEPTION 'The new primary has not closed its first horizon yet; retry shortly.'
                    USING ERRCODE = '{HorizonSchema.NotBeaten}';
            END IF;
            RETURN greatest(clock_timestamp(), closed + interval '1 microsecond');
        END $$;
        """;
}
