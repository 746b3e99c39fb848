using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// A uniform random sample of the indexed links: the links with the smallest hashed ids. A list estimates by
/// the sample how many links match a condition, and picks the cheapest source of candidates.
/// </summary>
/// <param name="Links">The links of the sample.</param>
/// <param name="MaxHash">The greatest hashed id of the sample.</param>
/// <param name="IsComplete">Whether all links are indexed, except the newest ones.</param>
internal sealed record LinkSample(IReadOnlyList<ListedLink> Links, long MaxHash, bool IsComplete)
{
    /// <summary>How many links the sample contains, if there are so many.</summary>
    public const int MaxLinks = 2_048;

    /// <summary>The estimated number of indexed links; exact while all of them are in the sample.</summary>
    public double EstimatedLinks =>
        Links.Count < MaxLinks ? Links.Count : Links.Count * (long.MaxValue / (double)MaxHash);

    /// <summary>Returns the share of the links that match.</summary>
    public double ShareOf(Func<ListedLink, bool> matches) =>
        Links.Count == 0 ? 0 : Links.Count(matches) / (double)Links.Count;

    /// <summary>Mixes the bits of an id (SplitMix64). The result is positive.</summary>
    public static long Hash(long id)
    {
        var bits = unchecked((ulong)id + 0x9E3779B97F4A7C15);
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EB);
        return (long)((bits ^ (bits >> 31)) >> 1);
    }
}

/// <summary>
/// Keeps a sample in memory. When the sample is old, lists use it until a new one is read.
/// </summary>
internal sealed class LinkSamples(ILinkList store, ListLimits limits, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Task<LinkSample>? _sample;
    private Task<LinkSample>? _next;
    private long _readAt;

    /// <exception cref="StoreUnavailableException">
    /// There is no sample, and the store cannot be read.
    /// </exception>
    public Task<LinkSample> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_next is { IsCompleted: true })
            {
                if (_next.IsCompletedSuccessfully || _sample is null)
                    _sample = _next;
                _next = null;
            }

            if (_sample is { IsCompletedSuccessfully: false })
                _sample = null;
            if (_next is null && (_sample is null || time.GetElapsedTime(_readAt) > limits.SampleAge))
            {
                _readAt = time.GetTimestamp();
                _next = Task.Run(ReadAsync, CancellationToken.None);
            }

            return (_sample ?? _next!).WaitAsync(cancellationToken);
        }
    }

    private async Task<LinkSample> ReadAsync()
    {
        var sample = await store.ReadSampleAsync(CancellationToken.None);
        foreach (var link in sample.Links)
            link.Prepare();
        return sample;
    }
}
