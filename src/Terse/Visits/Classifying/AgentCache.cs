namespace Terse.Visits;

/// <summary>
/// Caches what is found out about user agents. Each user agent has one place in the cache, which a different
/// user agent can take over. Safe for use by any number of threads, without locks.
/// </summary>
/// <param name="read">Reads a user agent that is not in the cache.</param>
internal sealed class AgentCache<T>(Func<string, T> read)
{
    /// <summary>The number of places, a power of two.</summary>
    private const int Places = 512;

    /// <summary>
    /// Longer user agents are not cached. So the cache takes at most about 512 KB, whatever clients send.
    /// </summary>
    private const int MaxLength = 512;

    private readonly Entry?[] _entries = new Entry?[Places];

    public T Read(ReadOnlySpan<char> userAgent)
    {
        if (userAgent.Length > MaxLength)
            return read(userAgent.ToString());
        ref var place = ref _entries[string.GetHashCode(userAgent, StringComparison.Ordinal) & (Places - 1)];
        if (Volatile.Read(ref place) is { } entry && userAgent.SequenceEqual(entry.Agent))
            return entry.Result;
        var agent = userAgent.ToString();
        var result = read(agent);
        Volatile.Write(ref place, new Entry(agent, result));
        return result;
    }

    private sealed record Entry(string Agent, T Result);
}
