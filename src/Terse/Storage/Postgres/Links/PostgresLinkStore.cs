using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>Every insert passes the horizon's guard.</remarks>
internal sealed class PostgresLinkStore(
    PostgresLinkInserter writer, PostgresLinkUpdater changer, TimeProvider time) : ILinkStore
{
    /// <inheritdoc/>
    public TimeSpan Timeout => PostgresErrors.Timeout;

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => writer.AddAsync(new(link, tickEnd), token), time, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        changer.ReplaceAsync(changed, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        changer.TakeVisitAsync(link, cancellationToken);
}
