using Npgsql;

namespace Terse.Harness;

/// <summary>
/// Holds the horizon of a primary where it is, as a transaction does that creates links and does not end. So
/// the lag of a paused replica does not grow, and the replica stays in rotation, however long the test takes.
/// Creations and changes continue.
/// </summary>
internal sealed class HeldHorizon : IAsyncDisposable
{
    /// <summary>Takes the lock of the trigger <c>horizon_guard</c>, which excludes beats.</summary>
    private const string Hold = "SELECT pg_advisory_lock_shared(x'54484f52495a4f4e'::bigint)";

    private readonly NpgsqlConnection _connection;

    private HeldHorizon(NpgsqlConnection connection) => _connection = connection;

    public static async Task<HeldHorizon> StartAsync(PostgresServer primary)
    {
        var connection = new NpgsqlConnection($"{primary.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand(Hold, connection);
        await hold.ExecuteNonQueryAsync();
        return new(connection);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
