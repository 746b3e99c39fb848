using Terse.Hosting;

namespace Terse.Links;

/// <summary>Where links are kept. Implementations are safe for use by any number of threads.</summary>
internal interface ILinkStore
{
    /// <summary>How long a creation is waited for, all that it tries again included.</summary>
    TimeSpan Timeout { get; }

    /// <summary>
    /// Adds a link. When it returns <see cref="AddLinkResult.Added"/> the link is on disk, and every
    /// <see cref="ILinkReader.FindAsync"/> that starts from then on finds it. With any other result nothing was added.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="tickEnd">When the tick of its id ends: from then on the link counts as created.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store is locked, full, unwritable or gone. Whether the link was added is unknown.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller gave up waiting. Whether the link was added is unknown.
    /// </exception>
    Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken);

    /// <summary>
    /// Stores what a change made of a link, if it is still at the version before: id, domain, code and time
    /// of creation never change. When it returns an instant the change is on disk, and every
    /// <see cref="ILinkReader.FindAsync"/> of this server that starts from then on shows it or a later one.
    /// </summary>
    /// <param name="changed">The link as it is to be; its version is one more than the stored one's.</param>
    /// <param name="cancellationToken">Ends the wait; the change may be made all the same.</param>
    /// <returns>When the change was written, or null where the link is at another version.</returns>
    /// <exception cref="StoreUnavailableException">Whether the change was made is unknown.</exception>
    Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken);

    /// <summary>
    /// Takes one of the visits that a link with <see cref="Link.MaxVisits"/> has left: one atomic update on
    /// the primary, so that all servers together never take more.
    /// </summary>
    /// <returns>False where none is left.</returns>
    /// <exception cref="StoreUnavailableException">Whether a visit was taken is unknown.</exception>
    Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken);
}

internal enum AddLinkResult
{
    Added,

    /// <summary>Another link of the domain has the code; it is unchanged.</summary>
    CodeTaken,

    /// <summary>Another link has the id: mint again.</summary>
    IdTaken,

    /// <summary>Lookups of that tick may have been answered for good: mint again, later.</summary>
    TooLate,
}
