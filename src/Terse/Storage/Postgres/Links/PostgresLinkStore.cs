using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>
/// <see cref="PostgresLinkInserter"/> inserts links, and <see cref="PostgresVisitLimits"/> counts visits of
/// links that have a maximum number of visits. This class changes links. Each change runs one statement on
/// the primary; the statement checks the version of the link and writes atomically. A statement whose outcome
/// is unknown is never retried. Database triggers record each change, notify the other Terse servers, and
/// update the table <c>link_limit</c>.
/// </remarks>
internal sealed class PostgresLinkStore(
    Cluster cluster,
    PostgresSchema schema,
    PostgresLinkInserter inserter,
    PostgresVisitLimits limits,
    PendingChanges pending,
    PrimaryWait wait,
    TimeProvider time) : ILinkStore
{
    /// <inheritdoc/>
    public TimeSpan Timeout => PostgresErrors.Timeout;

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
        wait.RunAsync(token => PostgresErrors.WithTimeoutAsync(work, time, token), cancellationToken);

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => AddAsync(new(link, tickEnd), token), time, cancellationToken);

    private async Task<AddLinkResult> AddAsync(AddedLink added, CancellationToken cancellationToken)
    {
        await schema.RequireRulesAsync(added.Link, cancellationToken);
        return await inserter.Batches.CallAsync(added, cancellationToken)
            ?? await inserter.InsertAloneAsync(added, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken)
    {
        if (await WriteAsync(changed, ReplaceAsync, cancellationToken) is not { } written)
            return null;
        pending.Add(changed.Name, new(cluster.Primary.GenerationOfWrite(written.Timeline), written.At));
        return written.At;
    }

    /// <inheritdoc/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        limits.TakeAsync(link, cancellationToken);

    /// <summary>
    /// Replaces a link if the database contains the previous version of the link. The statement does not set
    /// <c>written_at</c>, because the trigger <c>horizon_guard</c> sets this column on every update.
    /// </summary>
    private const string UpdateLink =
        """
        UPDATE link SET target = $2, version = $3, deleted_at = $4, expires_at = $5, max_visits = $6
        WHERE id = $1 AND version = $3 - 1
        RETURNING written_at, horizon_timeline()
        """;

    private static async Task<Moment?> ReplaceAsync(
        WriteTransaction write, Link changed, CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(UpdateLink);
        update.Bind(changed.Id.ToInt64());
        update.Bind(changed.Target);
        update.Bind(changed.Version);
        update.Bind(changed.DeletedAt);
        update.Bind(changed.ExpiresAt);
        update.Bind(changed.MaxVisits);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        Moment? written = await row.ReadAsync(cancellationToken)
            ? new(row.GetInt32(1), await row.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken))
            : null;
        // PostgreSQL sends the row before it commits. Npgsql reports a failed commit only when the reader
        // advances to the next result.
        await row.NextResultAsync(cancellationToken);
        return written;
    }

    private async Task<TResult> WriteAsync<TResult>(
        Link link,
        Func<WriteTransaction, Link, CancellationToken, Task<TResult>> statement,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                async token =>
                {
                    await schema.RequireRulesAsync(token);
                    return await cluster.WriteStatementAsync(
                        ConnectionShare.Changes, link, statement, token);
                },
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw schema.OnMissingColumn(exception);
        }
    }
}
