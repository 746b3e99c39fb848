namespace Terse.Visits;

/// <summary>
/// Stores and counts visits. Implementations are safe for use by any number of threads, and by any number of
/// Terse servers that share a database.
/// </summary>
internal interface IVisitStore
{
    /// <summary>
    /// Stores and counts a batch exactly once, even if the caller sends the batch again, because the store
    /// saves the batch number and the counts in one transaction. The caller sends the batches of a node and
    /// epoch in ascending order of the batch numbers, and waits for the result of each batch before sending
    /// the next batch. A batch that is sent again must contain the same visits in the same order.
    /// </summary>
    /// <returns>False if the store had already counted the batch.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The store failed, and the caller cannot know whether the store counted the batch. The caller must send
    /// the batch again.
    /// </exception>
    Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken);
}
