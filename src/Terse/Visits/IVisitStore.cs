namespace Terse.Visits;

/// <summary>
/// Where visits are counted. Implementations are safe for use by any number of threads, and of servers over
/// one database.
/// </summary>
internal interface IVisitStore
{
    /// <summary>
    /// Counts a batch, once: its number is stored together with what it adds, or neither is. Batches of one
    /// (node, epoch) come in the order of their numbers, the next one when this one is counted; one that is
    /// sent again has the same visits in the same order.
    /// </summary>
    /// <returns>False where all of it had been counted before.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// Whether it was counted is unknown: send it again.
    /// </exception>
    Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken);
}
