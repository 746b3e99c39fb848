using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>What a cache needs of the store: the real finder.</summary>
internal sealed class SimulatedStore(LinkFinder finder) : ILinkStore
{
    public TimeSpan Timeout => PostgresErrors.Timeout;

    public ValueTask<Link?> FindAsync(string domain, string code, CancellationToken cancellationToken) =>
        finder.FindAsync(domain, code, cancellationToken);

    public ValueTask<Link?> FindLatestAsync(
        string domain, string code, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
