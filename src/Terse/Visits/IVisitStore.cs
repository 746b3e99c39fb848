namespace Terse.Visits;

/// <summary>
/// Stores and counts visits. Implementations are safe for use by any number of threads, and by any number of
/// Terse servers that share a database.
/// </summary>
internal interface IVisitStore
{
    /// <summary>
    /// Stores and counts a batch exactly once, even if the caller sends the batch again, because the store
    /// saves the batch number and the counts in one transaction. The caller sends the batches of a run in
    /// ascending order of the batch numbers, and waits for the result of each batch before sending
    /// the next batch. A batch that is sent again must contain the same visits in the same order. Visits of
    /// erased links are neither stored nor counted.
    /// </summary>
    /// <returns>False if the store had already counted the batch.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The store failed, and the caller cannot know whether the store counted the batch. The caller must send
    /// the batch again.
    /// </exception>
    /// <exception cref="VisitsRefusedException">
    /// The store refuses the content of the batch, or the batch is so old that the store no longer knows
    /// whether it was counted (<see cref="RunRetention"/>).
    /// </exception>
    Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken);
}

/// <summary>
/// How long a store remembers which batches of a run it has counted. A server that is gone sends no more
/// batches, so its rows are deleted. But it may come back, and send a batch again that was counted: if the
/// acknowledgement did not reach its disk. So a store refuses a batch of an earlier process whose run is
/// unknown when its visits are older than <see cref="MaxAge"/>, which is shorter than the time until rows are
/// deleted. The batches of the current process count at any age, so a server whose clock is wrong loses no
/// visit. The batches that an operator sends again count at any age, too.
/// </summary>
internal static class RunRetention
{
    /// <summary>The maximum age of the newest visit in the first batch of an unknown run.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(90);

    /// <summary>How long the row of a run is kept after its last batch.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(100);

    /// <summary>
    /// The time that must be newer than <see cref="MaxAge"/> if the run is unknown: the time of the newest
    /// visit, or the latest possible time if the batch counts at any age.
    /// </summary>
    public static DateTimeOffset DateOf(VisitBatch batch) =>
        batch.IsOfEarlierProcess && !batch.Run.IsSetAside
            ? batch.Visits.Select(visit => visit.At).DefaultIfEmpty(DateTimeOffset.MaxValue).Max()
            : DateTimeOffset.MaxValue;

    public static VisitsRefusedException Refuse(VisitBatch batch) => new(
        "The visits are so old that the database no longer knows whether it has counted them.")
    {
        Uncounted = batch.Visits,
    };
}
