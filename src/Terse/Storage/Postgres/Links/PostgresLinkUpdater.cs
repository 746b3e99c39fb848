using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Changes links and takes visits of limited ones: each a single statement on the primary, whose condition
/// and effect are one step. None is tried again where its outcome is unknown. Safe for any number of threads.
/// </summary>
/// <remarks>Triggers note a change, tell the other servers of it, and keep the limits beside it.</remarks>
internal sealed class PostgresLinkUpdater(Cluster cluster, PendingChanges pending, TimeProvider time)
{
    /// <inheritdoc cref="ILinkStore.ReplaceAsync"/>
    public async Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken)
    {
        if (await WriteAsync(changed, ReplaceAsync, cancellationToken) is not { } written)
            return null;
        pending.Add(changed.Name, written);
        return written.At;
    }

    /// <inheritdoc cref="ILinkStore.TakeVisitAsync"/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        WriteAsync(link, TakeVisitAsync, cancellationToken);

    /// <summary>The guard sets <c>written_at</c>.</summary>
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
        PostgresLinkInserter.BindRules(update, changed);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        Moment? written = await row.ReadAsync(cancellationToken)
            ? new(row.GetInt32(1), await row.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken))
            : null;
        // The row is sent before the commit is tried; where it fails, only the end tells.
        await row.NextResultAsync(cancellationToken);
        return written;
    }

    /// <summary>
    /// A link without a row is limited no longer. Who waits for another's visit counts on from what that
    /// one left.
    /// </summary>
    private const string TakeVisit =
        """
        WITH taken AS (
            UPDATE link_limit SET used = used + 1 WHERE link_id = $1 AND used < max_visits RETURNING 1
        )
        SELECT EXISTS (SELECT FROM taken) OR NOT EXISTS (SELECT FROM link_limit WHERE link_id = $1)
        """;

    private static async Task<bool> TakeVisitAsync(
        WriteTransaction write, Link link, CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(TakeVisit);
        update.Bind(link.Id.ToInt64());
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var isTaken = row.GetBoolean(0);
        await row.NextResultAsync(cancellationToken); // As above.
        return isTaken;
    }

    private async Task<TResult> WriteAsync<TResult>(
        Link link,
        Func<WriteTransaction, Link, CancellationToken, Task<TResult>> statement,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.WriteStatementAsync(link, statement, token), time, cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("keeps no rules of links and no changes", exception);
        }
    }
}
