using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>
/// <see cref="PostgresLinkInserter"/> inserts links, <see cref="PostgresLinkUpdater"/> changes links, and
/// <see cref="PostgresVisitLimits"/> counts visits of links that have a maximum number of visits. A statement
/// checks the version of each link that it changes, and writes atomically. A statement whose outcome is
/// unknown is never retried. Database triggers record each change, notify the other Terse servers, and update
/// the table <c>link_limit</c>.
/// </remarks>
internal sealed class PostgresLinkStore(
    PostgresLinkInserter inserter,
    PostgresLinkUpdater updater,
    PostgresAliasInserter aliases,
    PostgresVisitLimits limits,
    PostgresSlashCodes slashCodes,
    PendingChanges pending,
    PrimaryWait wait,
    TimeProvider time) : ILinkStore, IAliasStore
{
    /// <inheritdoc/>
    public Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
        wait.RunAsync(token => PostgresErrors.WithTimeoutAsync(work, time, token), cancellationToken);

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => AddAsync(new(link, tickEnd), token), time, cancellationToken);

    private async Task<AddLinkResult> AddAsync(AddedLink added, CancellationToken cancellationToken) =>
        await inserter.Batches.CallAsync(added, cancellationToken)
        ?? await inserter.InsertAloneAsync(added, cancellationToken);

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken)
    {
        var update = await PostgresErrors.WithTimeoutAsync(
            token => updater.UpdateAsync(changed, token), time, cancellationToken);
        if (update is not { } written)
            return null;
        AddPending(changed, written);
        return written.At;
    }

    /// <inheritdoc/>
    public async Task<AddAliasResult> AddAliasAsync(
        Link changed, NewAlias name, CancellationToken cancellationToken)
    {
        var (result, written) = await PostgresErrors.WithTimeoutAsync(
            token => aliases.AddAsync(changed, name, token), time, cancellationToken);
        if (written is { } at)
            AddPending(changed, at);
        return new(result, written?.At);
    }

    private void AddPending(Link changed, Moment written)
    {
        foreach (var name in changed.Names)
            pending.Add(name, changed.Version, written);
    }

    /// <inheritdoc/>
    public Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken) =>
        LinkCodes.ContainSlash(link) ? slashCodes.ExpectAsync(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        limits.TakeAsync(link, cancellationToken);
}
