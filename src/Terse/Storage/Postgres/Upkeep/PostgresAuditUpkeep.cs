using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Creates the monthly partitions of the audit a year ahead, and drops the months that ended more than a year
/// ago. The function <c>audit_upkeep</c> does the work, on one server at a time.
/// </summary>
internal sealed partial class PostgresAuditUpkeep(
    Cluster cluster, TimeProvider time, ILogger<PostgresAuditUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    private const string Upkeep = "SET LOCAL lock_timeout = '1s'; SELECT audit_upkeep()";

    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await cluster.WriteAsync(ConnectionShare.Visits, Upkeep, RunAsync, cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState == PostgresErrorCodes.UndefinedFunction)
        {
            // The schema of the version before has no audit.
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(RunAsync, stoppingToken);

    private static async Task<bool> RunAsync(
        WriteTransaction write, string sql, CancellationToken cancellationToken)
    {
        await using var command = write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        652,
        LogLevel.Warning,
        "The months of the audit cannot be created or dropped; the server tries again in 6 hours: {Reason}")]
    private partial void LogFailed(string reason);
}
