using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>
/// Every insert passes the horizon's guard; when "there is none" may be said is the finder's to know.
/// </remarks>
internal sealed class PostgresLinkStore(
    PostgresLinkInserter writer, PostgresLinkUpdater changer, LinkFinder finder, TimeProvider time) : ILinkStore
{
    /// <inheritdoc/>
    public TimeSpan Timeout => PostgresErrors.Timeout;

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => writer.AddAsync(new(link, tickEnd), token), time, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Link?> FindAsync(string domain, string code, CancellationToken cancellationToken) =>
        finder.FindAsync(domain, code, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Link?> FindLatestAsync(
        string domain, string code, CancellationToken cancellationToken) =>
        finder.FindLatestAsync(domain, code, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        changer.ReplaceAsync(changed, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        changer.TakeVisitAsync(link, cancellationToken);
}
