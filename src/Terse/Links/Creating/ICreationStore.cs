using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Where creations are kept that may be asked for again. Implementations are safe for use by any number of
/// threads, and of servers over one database.
/// </summary>
internal interface ICreationStore
{
    /// <summary>
    /// Adds a link, unless its key led to one within <see cref="IdempotentRequest.KeptFor"/>. Key and link
    /// are stored together or not at all; of any number of calls with one key, at once or not, one adds a
    /// link.
    /// </summary>
    /// <param name="request">The key, and what was asked for.</param>
    /// <param name="link">The link; its id was never given to this method before.</param>
    /// <param name="tickEnd">As for <see cref="ILinkStore.AddAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store is locked, full, unwritable or gone. Whether the link was added is unknown; the same request
    /// with another link will tell.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller gave up waiting. Whether the link was added is unknown.
    /// </exception>
    Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken);
}

/// <summary>What became of it: exactly one of the three.</summary>
internal abstract record AddOnceResult
{
    private AddOnceResult()
    {
    }

    /// <summary>The key was free, and is free still unless the link was added.</summary>
    internal sealed record Tried(AddLinkResult Result) : AddOnceResult;

    /// <summary>The key led to this link before. It is on disk, as if it had been added now.</summary>
    internal sealed record Repeated(Link Link) : AddOnceResult;

    /// <summary>The key led to a link before that was asked for otherwise.</summary>
    internal sealed record KeyReused : AddOnceResult;
}
