using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Stores links together with idempotency keys. Implementations are safe for use by any number of threads,
/// and any number of servers may use the same database.
/// </summary>
internal interface ICreationStore
{
    /// <summary>
    /// Adds a link, unless a link was added with the same idempotency key within
    /// <see cref="IdempotentRequest.RetentionTime"/>. The idempotency key and the link are stored in one
    /// transaction. If several calls have the same idempotency key, even at the same time, only one of them
    /// adds a link.
    /// </summary>
    /// <param name="request">The idempotency key, and the hash of the requested link.</param>
    /// <param name="link">The link to add. Each call needs a newly minted id.</param>
    /// <param name="tickEnd">
    /// The end of the period that the timestamp in the link's id stands for; see
    /// <see cref="ILinkStore.AddAsync"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the link may still be added.</param>
    /// <exception cref="StoreUnavailableException">
    /// The database is locked, full, read-only or cannot be reached. It is unknown whether the link was
    /// added. To find out, call this method again with the same request and a link with a new id.
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

/// <summary>
/// The result of <see cref="ICreationStore.AddOnceAsync"/>: exactly one of the nested types.
/// </summary>
internal abstract record AddOnceResult
{
    private AddOnceResult()
    {
    }

    /// <summary>
    /// The idempotency key was not stored yet, so the call tried to add the link. The key is stored now only
    /// if the link was added.
    /// </summary>
    internal sealed record Tried(AddLinkResult Result) : AddOnceResult;

    /// <summary>
    /// An earlier call with the same idempotency key and the same hash added this link. The link is on disk.
    /// </summary>
    internal sealed record Repeated(Link Link) : AddOnceResult;

    /// <summary>
    /// An earlier call had the same idempotency key but a different hash: the client used the key for two
    /// different links.
    /// </summary>
    internal sealed record KeyReused : AddOnceResult;
}
