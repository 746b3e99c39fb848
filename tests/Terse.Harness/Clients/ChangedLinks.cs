using System.Collections.Concurrent;
using System.Globalization;

namespace Terse.Harness;

/// <summary>
/// Records the changes of links, and finds stale redirects. One client changes each link, one change after
/// the other. The target of each change ends with the number of the change, so a redirect tells which change
/// the server knows.
/// </summary>
internal sealed class ChangedLinks(History history)
{
    /// <summary>
    /// How long after its acknowledgement a change may stay unknown to a server, by the design.
    /// </summary>
    private static readonly TimeSpan StalenessLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ChangedLink> _links = new(StringComparer.Ordinal);
    private int _changes;
    private long _staleTicks;

    /// <summary>The codes of all links that clients change.</summary>
    public ICollection<string> Codes => _links.Keys;

    /// <summary>How many changes servers acknowledged.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>
    /// The longest time between the acknowledgement of a change and a request that a server answered without
    /// this change.
    /// </summary>
    public TimeSpan LongestStaleness => new(Volatile.Read(ref _staleTicks));

    public static string TargetOf(string code, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"https://example.com/changed/{code}/{number}");

    /// <summary>Records that a link was created with the target of change 0.</summary>
    public void Add(string code) => _links.TryAdd(code, new());

    public string? PickCode(Random random)
    {
        var codes = _links.Keys;
        return codes.Count == 0 ? null : codes.ElementAt(random.Next(codes.Count));
    }

    /// <summary>Records that a client sends a change.</summary>
    public void Request(string code, int number) => _links[code].Request(number);

    /// <summary>Records that a server acknowledged a change.</summary>
    public void Acknowledge(string code, int number)
    {
        Interlocked.Increment(ref _changes);
        _links[code].Acknowledge(number);
    }

    /// <summary>Records that a server redirected a link.</summary>
    /// <param name="code">The code of the link.</param>
    /// <param name="target">The target in the response.</param>
    /// <param name="begun">The monotonic timestamp at which the client sent the request.</param>
    public void Follow(string code, string target, long begun)
    {
        var prefix = TargetOf(code, 0)[..^1];
        var link = _links[code];
        if (!target.StartsWith(prefix, StringComparison.Ordinal)
            || !int.TryParse(target[prefix.Length..], CultureInfo.InvariantCulture, out var number)
            || number > link.Requested)
        {
            history.AddViolation($"{code} leads to {target}, which no client requested");
            return;
        }

        if (link.StalenessOf(number, begun) is not { } staleness)
            return;
        Raise(staleness);
        if (staleness > StalenessLimit)
        {
            history.AddViolation(
                $"{code} leads to change {number}; a later one was acknowledged {staleness} before");
        }
    }

    /// <summary>
    /// Whether a target belongs to the last acknowledged change of the link, or to a later change.
    /// </summary>
    public bool IsCurrent(string code, string? target) => target is not null
        && int.Parse(target.Split('/')[^1], CultureInfo.InvariantCulture) >= _links[code].Acknowledged;

    private void Raise(TimeSpan staleness)
    {
        var known = Volatile.Read(ref _staleTicks);
        while (staleness.Ticks > known)
            known = Interlocked.CompareExchange(ref _staleTicks, staleness.Ticks, known);
    }

    private sealed class ChangedLink
    {
        private readonly Lock _lock = new();
        private readonly List<(int Number, long At)> _acknowledged = [(0, 0)];
        private int _requested;

        public int Requested => Volatile.Read(ref _requested);

        public int Acknowledged
        {
            get
            {
                lock (_lock)
                    return _acknowledged[^1].Number;
            }
        }

        public void Request(int number) => Volatile.Write(ref _requested, number);

        public void Acknowledge(int number)
        {
            lock (_lock)
                _acknowledged.Add((number, TimeProvider.System.GetTimestamp()));
        }

        /// <summary>
        /// Returns how long the first change after <paramref name="number"/> was acknowledged when the
        /// request began; null if no such change was acknowledged by then.
        /// </summary>
        public TimeSpan? StalenessOf(int number, long begun)
        {
            lock (_lock)
            {
                var next = _acknowledged.FindIndex(change => change.Number > number);
                return next < 0 || _acknowledged[next].At >= begun
                    ? null
                    : TimeProvider.System.GetElapsedTime(_acknowledged[next].At, begun);
            }
        }
    }
}
