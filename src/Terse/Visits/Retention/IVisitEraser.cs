namespace Terse.Visits;

/// <summary>
/// Deletes the visits of erased links for good: single visits, and counts of the link. What was counted for
/// all links together stays; nobody can tell which of these visits were those of the link. From the moment at
/// which a link is erased, the store also refuses new visits of the link (<see cref="IVisitStore"/>).
/// </summary>
internal interface IVisitEraser
{
    /// <summary>
    /// Deletes some of the visits of an erased link, in one short transaction. Several servers may call this
    /// method at the same time; one of them does the work.
    /// </summary>
    /// <returns>False if there is nothing to do now.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The store failed. The call either had no effect or its whole effect.
    /// </exception>
    Task<bool> EraseAsync(CancellationToken cancellationToken);
}
