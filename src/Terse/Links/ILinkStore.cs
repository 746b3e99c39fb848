using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Writes links; <see cref="ILinkReader"/> finds them. Implementations are safe for use by any number of
/// threads.
/// </summary>
internal interface ILinkStore
{
    /// <summary>How long a creation or a change may take, all its attempts included.</summary>
    TimeSpan Timeout { get; }

    /// <summary>
    /// Adds a link. After the result <see cref="AddLinkResult.Added"/> the link is on disk, and every
    /// <see cref="ILinkReader.FindAsync"/> that starts later finds it. Any other result means that the store
    /// is unchanged.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="tickEnd">The end of the tick of its id, which counts as the time of creation.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store is locked, full, read-only or lost. It is unknown whether the link was added.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled the wait. It is unknown whether the link was added.
    /// </exception>
    Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a link by its next version, if the store still has the version before. Id, domain, code and
    /// time of creation never change. After a result that is not null the change is on disk, and every
    /// <see cref="ILinkReader.FindAsync"/> of this server that starts later finds this version or a later
    /// version.
    /// </summary>
    /// <param name="changed">The next version of the link; its version is the stored version plus 1.</param>
    /// <param name="cancellationToken">Ends the wait; the change may still be stored.</param>
    /// <returns>The time of the change; null where the store has another version.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken);

    /// <summary>
    /// Takes one of the remaining visits of a link with <see cref="Link.MaxVisits"/>: one atomic update on
    /// the primary, so that all servers together never exceed the limit.
    /// </summary>
    /// <returns>False where no visit remains.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether a visit was taken.</exception>
    Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken);
}

internal enum AddLinkResult
{
    Added,

    /// <summary>Another link has the name; that link is unchanged.</summary>
    CodeTaken,

    /// <summary>Another link has the id; the caller should mint another id.</summary>
    IdTaken,

    /// <summary>
    /// A final "not found" may already have been sent for codes of this tick; the caller should mint an id of
    /// a later tick.
    /// </summary>
    TooLate,
}
