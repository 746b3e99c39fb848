using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>
/// Waits for single lookups of <see cref="LinkFinder"/>, and counts them. Safe for use by any number of
/// threads.
/// </summary>
internal sealed class LookupAttempts(ILinkLookups lookups, LookupMetrics metrics)
{
    public async Task<LookupResult> CountAsync(Task<LookupResult> lookup)
    {
        var result = await lookup;
        metrics.CountLookup(result);
        return result;
    }

    /// <summary>
    /// Waits for a lookup. Returns null if no host answered, although the probes reach one: while a replica
    /// becomes the primary, its connections can be lost when no other host is left.
    /// </summary>
    public async Task<LookupResult?> TryAsync(Task<LookupResult> lookup)
    {
        try
        {
            return await CountAsync(lookup);
        }
        catch (HostUnavailableException) when (lookups.CanReachHost)
        {
            return null;
        }
    }
}
