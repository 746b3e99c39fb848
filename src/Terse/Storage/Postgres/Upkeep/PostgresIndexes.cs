using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Builds the indexes of large tables in the background, because a migration that builds an index blocks all
/// writes of the table until the index is complete. Until then, the statements that use the index are slow,
/// but correct.
/// </summary>
/// <remarks>
/// <c>CREATE INDEX CONCURRENTLY</c> lets reads and writes continue, and waits until older snapshots have
/// ended. A session lock lets one Terse server at a time build indexes. The other servers do not wait for the
/// lock: a waiting statement would have an older snapshot, and the build would wait for this statement. When
/// the build is interrupted, the index stays invalid; the next build drops the index and begins again.
/// </remarks>
internal sealed partial class PostgresIndexes(
    Cluster cluster, TimeProvider time, ILogger<PostgresIndexes> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The indexes that no migration builds. The change feed reads changes in the order of time and sequence;
    /// many changes can have the same time, for example after the clock was set back. A creation that returns
    /// an existing link searches for the hash of its target (<see cref="PostgresLinkTargets"/>), and events
    /// search for links that have expired (<see cref="PostgresLinkExpiry"/>).
    /// </summary>
    private static readonly List<PostgresIndex> All =
    [
        new("link_change_position", "link_change", "written_at, seq"),
        PostgresLinkTargets.Index,
        PostgresLinkExpiry.Index,
    ];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure)
            .RunAsync(token => BuildAsync(All, token), stoppingToken);

    /// <summary>
    /// Builds the indexes that are missing or invalid. Does nothing if another Terse server builds indexes,
    /// or if the table does not exist yet.
    /// </summary>
    public async Task BuildAsync(IReadOnlyList<PostgresIndex> indexes, CancellationToken cancellationToken)
    {
        if (!await cluster.ReadAsync(
            ConnectionShare.Nodes, Freshness.Latest, indexes, IsWorkLeftAsync, cancellationToken))
        {
            return;
        }

        await using var connection = await cluster.OpenPrimaryAsync(cancellationToken);
        if (!await TryLockAsync(connection, cancellationToken))
            return;
        foreach (var index in indexes)
            await BuildAsync(connection, index, cancellationToken);
    }

    private static async Task<bool> IsWorkLeftAsync(
        ReadTransaction read, IReadOnlyList<PostgresIndex> indexes, CancellationToken cancellationToken)
    {
        foreach (var index in indexes)
        {
            await using var select = read.CreateCommand(SelectState);
            if (await ReadStateAsync(select, index, cancellationToken) != IndexState.Done)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The number of the lock is "TINDEXES" in ASCII. The end of the session releases the lock.
    /// </summary>
    private const string TryLock =
        """
        SELECT pg_try_advisory_lock(x'54494e4445584553'::bigint),
            set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)
        """;

    private static async Task<bool> TryLockAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var locking = new NpgsqlCommand(TryLock, connection);
        return (bool)(await locking.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task BuildAsync(
        NpgsqlConnection connection, PostgresIndex index, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand(SelectState, connection);
        var state = await ReadStateAsync(select, index, cancellationToken);
        if (state == IndexState.Done)
            return;
        LogBuilding(index.Name, index.Table);
        if (state == IndexState.Invalid)
            await RunAsync(connection, $"DROP INDEX CONCURRENTLY {index.Name}", cancellationToken);
        await RunAsync(
            connection,
            $"CREATE INDEX CONCURRENTLY {index.Name} ON {index.Table} ({index.Columns}) {index.Condition}",
            cancellationToken);
        LogBuilt(index.Name);
    }

    /// <summary>Returns an <see cref="IndexState"/> as a number.</summary>
    private const string SelectState =
        """
        SELECT CASE WHEN to_regclass($2) IS NULL THEN 0 ELSE coalesce(
            (SELECT CASE WHEN indisvalid THEN 0 ELSE 2 END FROM pg_index WHERE indexrelid = to_regclass($1)),
            1) END
        """;

    private static async Task<IndexState> ReadStateAsync(
        NpgsqlCommand select, PostgresIndex index, CancellationToken cancellationToken)
    {
        select.Bind(index.Name);
        select.Bind(index.Table);
        return (IndexState)(int)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private enum IndexState
    {
        /// <summary>The index is complete, or its table does not exist yet.</summary>
        Done = 0,
        Missing = 1,
        Invalid = 2,
    }

    private static async Task RunAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // The statement contains only names of this class, never user input.
        await using var command = new NpgsqlCommand(statement, connection);
#pragma warning restore CA2100
        command.CommandTimeout = 0; // 0 means no time limit.
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(640, LogLevel.Information, "Builds the index {Index} of the table {Table}.")]
    private partial void LogBuilding(string index, string table);

    [LoggerMessage(641, LogLevel.Information, "The index {Index} is complete.")]
    private partial void LogBuilt(string index);

    [LoggerMessage(
        642,
        LogLevel.Warning,
        "An index cannot be built; the server tries again every minute. Some reads are slow: {Reason}")]
    private partial void LogFailed(string reason);
}

/// <param name="Name">The name of the index.</param>
/// <param name="Table">The table, which is not partitioned.</param>
/// <param name="Columns">The columns of the index, as in <c>CREATE INDEX</c>.</param>
internal sealed record PostgresIndex(string Name, string Table, string Columns)
{
    /// <summary>The clause WHERE of an index of some rows.</summary>
    public string Condition { get; init; } = "";
}
