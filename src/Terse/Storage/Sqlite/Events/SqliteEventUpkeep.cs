using Microsoft.Extensions.Options;
using Terse.Events;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Adds the events of links that expire, deletes events and deliveries that are older than
/// <see cref="EventOptions.Retention"/>, and continues with webhooks that have ended.
/// </summary>
internal sealed partial class SqliteEventUpkeep(
    SqliteWriter writer,
    SqliteLinkExpiry expiry,
    SqliteWebhookEnd ends,
    IOptions<EventOptions> options,
    TimeProvider time,
    ILogger<SqliteEventUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DeletionInterval = TimeSpan.FromMinutes(1);

    /// <summary>The number of rows that one transaction deletes, which takes about 10 ms.</summary>
    private const int MaxRows = 500;

    private const int PauseFactor = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        new BackgroundLoop(ExpiryInterval, time, OnFailure).RunAsync(AddExpiredAsync, stoppingToken),
        new BackgroundLoop(DeletionInterval, time, OnFailure).RunAsync(DeleteOldAsync, stoppingToken),
        new BackgroundLoop(DeletionInterval, time, OnFailure).RunAsync(ends.ContinueAsync, stoppingToken));

    private Task AddExpiredAsync(CancellationToken cancellationToken) => BackgroundLoop.RepeatAsync(
        token => expiry.AddAsync(time.GetUtcNow(), token), PauseFactor, time, cancellationToken);

    /// <summary>Deletes all events that are too old, with their deliveries.</summary>
    public Task DeleteOldAsync(CancellationToken cancellationToken) => BackgroundLoop.RepeatAsync(
        token => writer.RunAsync(DeleteSome, token), PauseFactor, time, cancellationToken);

    private const string DeleteDeliveries =
        """
        DELETE FROM delivery WHERE (event_at, event_id, webhook_id) IN (
            SELECT event_at, event_id, webhook_id FROM delivery WHERE event_at < ?1
            ORDER BY event_at, event_id, webhook_id LIMIT ?2)
        """;

    private const string DeleteEvents =
        """
        DELETE FROM event WHERE (at, id) IN (
            SELECT at, id FROM event WHERE at < ?1 ORDER BY at, id LIMIT ?2)
        """;

    /// <remarks>
    /// A reader that has read all events keeps the end of the log as its position. While there are no events,
    /// the end moves on, so that this position does not become too old.
    /// </remarks>
    private const string MoveEnd = "UPDATE event_clock SET at = ?1 WHERE at < ?1 - ?2";

    /// <summary>How far the end of the log is behind the present at most.</summary>
    private static readonly TimeSpan MaxQuiet = TimeSpan.FromMinutes(5);

    /// <summary>An event stays as long as its deliveries.</summary>
    private bool DeleteSome(SqliteSession session)
    {
        var now = time.GetUtcNow();
        session.Command(
            MoveEnd, now.ToUnixTimeMilliseconds() * 1000, (long)MaxQuiet.TotalMicroseconds).ExecuteNonQuery();
        var before = (now - options.Value.Retention).ToUnixTimeMilliseconds() * 1000;
        return session.Command(DeleteDeliveries, before, MaxRows).ExecuteNonQuery() == MaxRows
            || session.Command(DeleteEvents, before, MaxRows).ExecuteNonQuery() == MaxRows;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        612,
        LogLevel.Warning,
        "Events of expired links are late, or old events are not deleted; the server tries again: "
            + "{Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
