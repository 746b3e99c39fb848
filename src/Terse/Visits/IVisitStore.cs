namespace Terse.Visits;

/// <summary>
/// Stores and counts visits. Implementations are safe for use by any number of threads, and by any number of
/// servers that share a database.
/// </summary>
internal interface IVisitStore
{
    /// <summary>
    /// Counts a batch exactly once: the store saves the batch number and the counts together. The caller
    /// sends the batches of a (node, epoch) in ascending order of their numbers, and waits for each before it
    /// sends the next. A repeated batch has the same visits in the same order.
    /// </summary>
    /// <returns>False if the whole batch was counted before.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The batch may have been counted; send the batch again.
    /// </exception>
    Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken);
}
