using System.Globalization;
using Npgsql;

namespace Terse.FleetTool;

/// <summary>Asks databases, and connects replicas with the primary.</summary>
internal static class Replication
{
    /// <summary>
    /// Executes statements, each in its own transaction, and returns the first value of the last one as text.
    /// Without a row, the text is empty. Returns null if the database does not answer.
    /// </summary>
    public static async Task<string?> AskAsync(FleetPart host, params string[] statements)
    {
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = host.Port,
            Username = "terse",
            Database = "postgres",
            Pooling = false,
            Timeout = 5,
            CommandTimeout = 5,
        };
        try
        {
            await using var connection = new NpgsqlConnection(address.ConnectionString);
            await connection.OpenAsync();
            object? value = null;
            foreach (var statement in statements)
            {
                await using var command = new NpgsqlCommand(statement, connection);
                value = await command.ExecuteScalarAsync();
            }

            return Convert.ToString(value, CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    public static async Task<bool> AnswersAsync(FleetPart host) => await AskAsync(host, "SELECT 1") is "1";

    /// <summary>How a replica connects to the primary.</summary>
    public static string SourceOf(FleetPart primary, string replica) =>
        $"host=127.0.0.1 port={primary.Port} user=terse application_name={replica}";

    public static async Task<bool> DropSlotAsync(FleetPart primary, string name) => await AskAsync(
        primary,
        $"SELECT pg_drop_replication_slot('{name}') FROM pg_replication_slots WHERE slot_name = '{name}'",
        "SELECT 1") is "1";

    /// <summary>
    /// Makes a running replica follow the primary. Returns false if one of the two does not answer.
    /// </summary>
    public static async Task<bool> FollowAsync(FleetPart replica, FleetPart primary) =>
        await AnswersAsync(replica)
        && await AskAsync(
            primary,
            $"""
            SELECT pg_create_physical_replication_slot('{replica.Name}', true)
            WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{replica.Name}')
            """,
            "SELECT 1") is "1"
        && await AskAsync(
            replica,
            $"ALTER SYSTEM SET primary_conninfo = '{SourceOf(primary, replica.Name)}'",
            $"ALTER SYSTEM SET primary_slot_name = '{replica.Name}'",
            "SELECT pg_reload_conf()") is not null;

    /// <summary>
    /// Returns true if a replica streams from the primary. A replica that has diverged receives the log only
    /// up to the point of divergence, and stays on an earlier timeline. A replica whose log the primary has
    /// deleted connects again and again, but never reaches the state "streaming".
    /// </summary>
    public static async Task<bool> StreamsAsync(FleetPart replica, FleetPart primary, int timeline) =>
        await AskAsync(replica, "SELECT received_tli::text FROM pg_stat_wal_receiver")
            == timeline.ToString(CultureInfo.InvariantCulture)
        && await AskAsync(
            primary, $"SELECT state FROM pg_stat_replication WHERE application_name = '{replica.Name}'")
            is "streaming";

    /// <summary>Returns <c>primary</c>, <c>replica</c>, or <c>unknown</c> if the database does not answer.
    /// </summary>
    public static async Task<string> RoleOfAsync(FleetPart host) =>
        await AskAsync(host, "SELECT pg_is_in_recovery()::text") switch
        {
            "true" => "replica",
            "false" => "primary",
            _ => "unknown",
        };
}
