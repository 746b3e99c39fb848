using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// A visit store that counts each batch once, as a database must. Throws if batches arrive out of order, or
/// if a repeated batch contains different visits. Each visit in a test has a different link, so the link
/// identifies the visit.
/// </summary>
internal sealed class CountingStore : IVisitStore
{
    private readonly Dictionary<VisitRun, List<VisitBatch>> _batches = [];

    /// <summary>
    /// Chooses how a call of <see cref="AddAsync"/> fails. The argument is the number of earlier calls.
    /// </summary>
    public Func<int, StoreFault> Fault { get; init; } = _ => StoreFault.None;

    /// <summary>Chooses the batches that the store refuses.</summary>
    public Func<VisitBatch, bool> Refuses { get; init; } = _ => false;

    public int Calls { get; private set; }

    /// <summary>How many times each visit was counted. The key is the id of the visit's link.</summary>
    public Dictionary<long, int> Counts { get; } = [];

    public Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        var fault = Fault(Calls++);
        if (fault == StoreFault.Down)
            return Lost();
        if (Refuses(batch))
        {
            Keep(batch);
            return Task.FromException<bool>(
                new VisitsRefusedException("refused") { Uncounted = batch.Visits });
        }

        var isNew = Add(batch);
        return fault == StoreFault.ReplyLost ? Lost() : Task.FromResult(isNew);
    }

    private static Task<bool> Lost() => Task.FromException<bool>(new StoreUnavailableException("lost"));

    /// <summary>Returns false if the store has received the batch before.</summary>
    private bool Keep(VisitBatch batch)
    {
        if (!_batches.TryGetValue(batch.Run, out var seen))
            _batches[batch.Run] = seen = [];
        Assert.InRange(batch.Number, 1, seen.Count + 1);
        if (batch.Number > seen.Count)
        {
            seen.Add(batch);
            return true;
        }

        Assert.Equal(seen[(int)batch.Number - 1].Visits, batch.Visits);
        return false;
    }

    private bool Add(VisitBatch batch)
    {
        if (!Keep(batch))
            return false;
        foreach (var visit in batch.Visits)
            Counts[visit.Link.ToInt64()] = Counts.GetValueOrDefault(visit.Link.ToInt64()) + 1;
        return true;
    }
}

internal enum StoreFault
{
    None,

    /// <summary>The store does not store the batch and throws an exception.</summary>
    Down,

    /// <summary>The store stores the batch and throws an exception.</summary>
    ReplyLost,
}
