using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Stores links together with idempotency keys. Implementations are thread-safe, and any number of servers
/// may use one database.
/// </summary>
internal interface ICreationStore
{
    /// <summary>
    /// Adds a link, unless a link was added with the same key within <see
    /// cref="IdempotentRequest.RetentionTime"/>. Key and link are stored in one transaction. Of any number of
    /// calls with one key, concurrent or not, only one adds a link.
    /// </summary>
    /// <param name="request">The idempotency key, and the hash of the requested link.</param>
    /// <param name="link">The link; each call needs a new id.</param>
    /// <param name="tickEnd">See <see cref="ILinkStore.AddAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreUnavailableException">
    /// The database is locked, full, read-only or lost. It is unknown whether the link was added; a call with
    /// the same request and a new link resolves this.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled the wait. It is unknown whether the link was added.
    /// </exception>
    Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken);
}

/// <summary>The result: exactly one of the nested types.</summary>
internal abstract record AddOnceResult
{
    private AddOnceResult()
    {
    }

    /// <summary>The key was not in use. It is in use now if the link was added.</summary>
    internal sealed record Tried(AddLinkResult Result) : AddOnceResult;

    /// <summary>
    /// An earlier call added this link with the same key and the same hash. The link is on disk.
    /// </summary>
    internal sealed record Repeated(Link Link) : AddOnceResult;

    /// <summary>An earlier call used the same key with another hash.</summary>
    internal sealed record KeyReused : AddOnceResult;
}
