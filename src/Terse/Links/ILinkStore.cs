using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Writes links; <see cref="ILinkReader"/> finds them. Implementations are safe for use by any number of
/// threads.
/// </summary>
internal interface ILinkStore
{
    /// <summary>
    /// Runs a creation or a change, for a limited time. A store with replicas first waits until there is a
    /// primary, also for a limited time, and runs the work again when the primary was lost
    /// (<see cref="StoreUnavailableException.IsPrimaryLost"/>). Therefore the work must find out whether its
    /// earlier attempt was stored.
    /// </summary>
    /// <param name="work">The creation or the change.</param>
    /// <param name="time">The clock that measures the duration.</param>
    /// <param name="cancellationToken">Cancels the wait; the link or the change may still be stored.</param>
    /// <exception cref="StoreUnavailableException">The work failed, or took too long.</exception>
    Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a link. If the result is <see cref="AddLinkResult.Added"/>, the link is on disk, and every
    /// <see cref="ILinkReader.FindAsync"/> that starts later finds the link. With any other result, the store
    /// is unchanged.
    /// </summary>
    /// <param name="link">The link to add, with a newly minted id.</param>
    /// <param name="tickEnd">
    /// The end of the period that the timestamp in the link's id stands for. The store treats this instant as
    /// the time at which the link is written.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the link may still be added.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store is locked, full, read-only or cannot be reached. It is unknown whether the link was added.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled the wait. It is unknown whether the link was added.
    /// </exception>
    Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the next version of a link, if the store still contains the previous version. The id, the
    /// domain, the code and the time of creation never change; <see cref="IAliasStore"/> adds codes. If the
    /// result is not null, the change is on disk, and every <see cref="ILinkReader.FindAsync"/> on this
    /// server that starts later finds this version or a later version.
    /// </summary>
    /// <param name="changed">
    /// The next version of the link. Its version number is the stored version number plus 1.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    /// <returns>
    /// When the change was written; null if the store does not contain the previous version.
    /// </returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken);

    /// <summary>
    /// If a code of the link contains a slash, lets all servers know that such codes may exist
    /// (<see cref="ISlashCodeStore"/>). Call it before the link is stored.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written now.</exception>
    Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken);

    /// <summary>
    /// Uses one of the remaining visits of a link that has a visit limit (<see cref="Link.MaxVisits"/>). This
    /// is one atomic update on the primary, so that all servers together never exceed the limit.
    /// </summary>
    /// <returns>False if no visit remains.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether a visit was used.</exception>
    Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken);
}

internal enum AddLinkResult
{
    Added,

    /// <summary>A different link already has this name; that link is unchanged.</summary>
    CodeTaken,

    /// <summary>A different link already has this id. The caller should retry with a new id.</summary>
    IdTaken,

    /// <summary>
    /// The id was minted too long ago. A Terse server may already have answered "not found" for the code of
    /// this link, so the link must not be added any more. The caller should retry with a new id.
    /// </summary>
    TooLate,
}
