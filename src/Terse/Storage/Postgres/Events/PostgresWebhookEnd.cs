using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Ends what waits for a webhook that has ended or was deleted, in short transactions after the change. If
/// the server is killed meanwhile, this class continues at the start of the next server, or within 10
/// minutes on another one.
/// </summary>
/// <remarks>
/// The lines go first. This waits for the transactions that store outcomes; without its line, no server
/// stores the outcome of a delivery any more.
/// </remarks>
internal sealed partial class PostgresWebhookEnd(
    PostgresEventTransactions transactions, TimeProvider time, ILogger<PostgresWebhookEnd> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>How many lines or deliveries one transaction changes.</summary>
    private const int MaxRows = 1_000;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(ContinueAsync, stoppingToken);

    private const string IsEndedAndWaits =
        """
        SELECT EXISTS (SELECT FROM webhook WHERE id = $1 AND state = 2)
            AND (EXISTS (SELECT FROM delivery_line WHERE webhook_id = $1)
                OR EXISTS (SELECT FROM delivery WHERE webhook_id = $1 AND state = 0))
        """;

    private const string IsNotOpen = "NOT EXISTS (SELECT FROM webhook WHERE id = $1 AND state <> 2)";

    private const string DeleteLines =
        $"""
        DELETE FROM delivery_line WHERE {IsNotOpen} AND (webhook_id, line) IN (
            SELECT webhook_id, line FROM delivery_line WHERE webhook_id = $1
            ORDER BY webhook_id, line LIMIT $2 FOR UPDATE)
        """;

    private const string MarkDead =
        $"""
        UPDATE delivery SET state = 2 WHERE {IsNotOpen} AND (webhook_id, event_at, event_id) IN (
            SELECT webhook_id, event_at, event_id FROM delivery WHERE webhook_id = $1 AND state = 0
            LIMIT $2)
        """;

    /// <summary>Makes what waits for a webhook dead, if the webhook has ended.</summary>
    public async Task EndAsync(string id, CancellationToken cancellationToken)
    {
        var isLeft = await transactions.ReadAsync(Freshness.Latest, id, static async (read, id, token) =>
        {
            await using var select = read.CreateCommand(IsEndedAndWaits);
            select.Bind(id);
            return (bool)(await select.ExecuteScalarAsync(token))!;
        }, cancellationToken);
        if (!isLeft)
            return;
        await RepeatAsync(DeleteLines, id, cancellationToken);
        await RepeatAsync(MarkDead, id, cancellationToken);
    }

    private const string DeleteDeliveries =
        $"""
        DELETE FROM delivery WHERE {IsNotOpen} AND (webhook_id, event_at, event_id) IN (
            SELECT webhook_id, event_at, event_id FROM delivery WHERE webhook_id = $1 LIMIT $2)
        """;

    /// <summary>Deletes the lines and deliveries of a deleted webhook.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await RepeatAsync(DeleteLines, id, cancellationToken);
        await RepeatAsync(DeleteDeliveries, id, cancellationToken);
    }

    /// <summary>Runs a statement that changes <see cref="MaxRows"/> rows until it finds no more.</summary>
    private async Task RepeatAsync(string sql, string id, CancellationToken cancellationToken)
    {
        int rows;
        do
        {
            rows = await transactions.WriteAsync((sql, id), static async (write, call, token) =>
            {
                await PostgresEventTransactions.UseIndexesAsync(write, token);
                await using var change = write.CreateCommand(call.sql);
                change.Bind(call.id);
                change.Bind(MaxRows);
                return await change.ExecuteNonQueryAsync(token);
            }, cancellationToken);
        }
        while (rows == MaxRows);
    }

    /// <summary>The schema of the version before lacks the tables.</summary>
    private const string SelectHasTables = "SELECT to_regclass('webhook') IS NOT NULL";

    /// <summary>
    /// Finds the webhooks that have ended, and those that do not exist although something is stored for them.
    /// Each step of a recursion looks up the next webhook in an index.
    /// </summary>
    private const string SelectNotOpen =
        """
        WITH RECURSIVE line AS (
            (SELECT webhook_id AS id FROM delivery_line ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT webhook_id FROM delivery_line WHERE webhook_id > line.id ORDER BY 1 LIMIT 1)
            FROM line WHERE line.id IS NOT NULL
        ), sent AS (
            (SELECT webhook_id AS id FROM delivery ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT webhook_id FROM delivery WHERE webhook_id > sent.id ORDER BY 1 LIMIT 1)
            FROM sent WHERE sent.id IS NOT NULL
        )
        SELECT id, false FROM (SELECT id FROM line UNION SELECT id FROM sent) AS used
        WHERE id IS NOT NULL AND NOT EXISTS (SELECT FROM webhook WHERE webhook.id = used.id)
        UNION ALL
        SELECT id, true FROM webhook WHERE state = 2
        """;

    /// <summary>Ends what waits for all webhooks that have ended or were deleted.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be used now.</exception>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, exists) in await transactions.ReadAsync(
            Freshness.Latest, 0, FindNotOpenAsync, cancellationToken))
        {
            await (exists ? EndAsync(id, cancellationToken) : DeleteAsync(id, cancellationToken));
        }
    }

    private static async Task<IReadOnlyList<(string Id, bool Exists)>> FindNotOpenAsync(
        ReadTransaction read, int _, CancellationToken cancellationToken)
    {
        await using (var tables = read.CreateCommand(SelectHasTables))
        {
            if (!(bool)(await tables.ExecuteScalarAsync(cancellationToken))!)
                return [];
        }

        await using var select = read.CreateCommand(SelectNotOpen);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var webhooks = new List<(string, bool)>();
        while (await row.ReadAsync(cancellationToken))
            webhooks.Add((row.GetString(0), row.GetBoolean(1)));
        return webhooks;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        655,
        LogLevel.Warning,
        "What waits for ended and deleted webhooks cannot be removed; the server tries again every 10 "
        + "minutes: {Reason}")]
    private partial void LogFailed(string reason);
}
