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
    private readonly Dictionary<(int Node, long Epoch), List<VisitBatch>> _batches = [];

    /// <summary>
    /// Chooses how a call of <see cref="AddAsync"/> fails. The argument is the number of earlier calls.
    /// </summary>
    public Func<int, StoreFault> Fault { get; init; } = _ => StoreFault.None;

    public int Calls { get; private set; }

    /// <summary>How many times each visit was counted. The key is the id of the visit's link.</summary>
    public Dictionary<long, int> Counts { get; } = [];

    public Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        var fault = Fault(Calls++);
        if (fault == StoreFault.Down)
            return Lost();
        var isNew = Add(batch);
        return fault == StoreFault.ReplyLost ? Lost() : Task.FromResult(isNew);
    }

    private static Task<bool> Lost() => Task.FromException<bool>(new StoreUnavailableException("lost"));

    private bool Add(VisitBatch batch)
    {
        if (!_batches.TryGetValue((batch.Node, batch.Epoch), out var seen))
            _batches[(batch.Node, batch.Epoch)] = seen = [];
        Assert.InRange(batch.Number, 1, seen.Count + 1);
        if (batch.Number <= seen.Count)
        {
            Assert.Equal(seen[(int)batch.Number - 1].Visits, batch.Visits);
            return false;
        }

        seen.Add(batch);
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
