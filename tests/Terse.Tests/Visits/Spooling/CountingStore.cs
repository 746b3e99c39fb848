using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// Counts as a database has to: a number of a run once. It finds out where batches come in another order
/// than that of their numbers, or one comes again with other visits. Visits are told apart by their link.
/// </summary>
internal sealed class CountingStore : IVisitStore
{
    private readonly Dictionary<(int Node, long Epoch), List<VisitBatch>> _batches = [];

    /// <summary>Says for each call, by the number of calls before it, how it fails.</summary>
    public Func<int, StoreFault> Fault { get; init; } = _ => StoreFault.None;

    public int Calls { get; private set; }

    /// <summary>How often each visit was counted.</summary>
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

    /// <summary>The batch is not stored.</summary>
    Down,

    /// <summary>The batch is stored, and nobody is told.</summary>
    ReplyLost,
}
