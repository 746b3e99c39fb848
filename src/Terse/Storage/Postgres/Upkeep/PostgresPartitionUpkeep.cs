using Microsoft.Extensions.Options;
using Npgsql;
using Terse.Events;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Creates the partitions of the audit (a month each) and of events and deliveries (a day each) ahead of
/// time, and drops those that are older than their retention time. The functions <c>audit_upkeep</c> and
/// <c>event_upkeep</c> do the work, on one server at a time.
/// </summary>
internal sealed partial class PostgresPartitionUpkeep(
    Cluster cluster,
    IOptionsMonitor<EventOptions> options,
    TimeProvider time,
    ILogger<PostgresPartitionUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    private const string UpkeepOfAudit = "SELECT audit_upkeep()";

    private const string UpkeepOfEvents = "SELECT event_upkeep($1)";

    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync(UpkeepOfAudit, _ => { }, cancellationToken);
        await RunAsync(
            UpkeepOfEvents, command => command.Bind(options.CurrentValue.Retention), cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(RunAsync, stoppingToken);

    private const string LimitWaits = "SET LOCAL lock_timeout = '1s'";

    private async Task RunAsync(
        string upkeep, Action<NpgsqlCommand> bind, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.WriteAsync(ConnectionShare.Visits, (upkeep, bind), RunAsync, cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState == PostgresErrorCodes.UndefinedFunction)
        {
            // The schema of the version before lacks these tables.
        }
    }

    private static async Task<bool> RunAsync(
        WriteTransaction write,
        (string Upkeep, Action<NpgsqlCommand> Bind) call,
        CancellationToken cancellationToken)
    {
        await using (var limit = write.CreateCommand(LimitWaits))
            await limit.ExecuteNonQueryAsync(cancellationToken);
        await using var command = write.CreateCommand(call.Upkeep);
        command.CommandTimeout = 30; // seconds
        call.Bind(command);
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
        "The partitions of the audit or of events cannot be created or dropped; the server tries again in 6 "
        + "hours: {Reason}")]
    private partial void LogFailed(string reason);
}
