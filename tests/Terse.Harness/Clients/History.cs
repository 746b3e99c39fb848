using System.Collections.Concurrent;

namespace Terse.Harness;

/// <summary>
/// Records the requests and responses of all clients of a test run, and collects violations. A violation is
/// one of the following. A server answers the code of an acknowledged link with 404 or redirects it to a
/// wrong target. A code leads to two targets, or to a target that no client sent. Two creations with the same
/// Idempotency-Key make two links.
/// </summary>
internal sealed class History
{
    private readonly ConcurrentDictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _codesOfKeys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _requested = new(StringComparer.Ordinal);
    private readonly List<string> _codes = [];
    private readonly Lock _adding = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentQueue<TimeSpan> _recoveryTimes = new();
    private long _promotedAt = long.MaxValue;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>
    /// The recovery time of each failover. The recovery time begins with the promotion of the replica. It
    /// ends when a server acknowledges a creation that a client sent after the promotion.
    /// </summary>
    public IReadOnlyCollection<TimeSpan> RecoveryTimes => _recoveryTimes;

    /// <summary>The codes of all acknowledged links, in the order of their acknowledgement.</summary>
    public IReadOnlyList<string> Codes
    {
        get
        {
            lock (_adding)
                return [.. _codes];
        }
    }

    public void AddViolation(string violation) => _violations.Enqueue(violation);

    public bool IsAcknowledged(string code) => _targets.ContainsKey(code);

    /// <summary>
    /// Returns a random code among the <paramref name="last"/> latest acknowledged codes, or null if no link
    /// has been acknowledged.
    /// </summary>
    public string? PickCode(Random random, int last = int.MaxValue)
    {
        lock (_adding)
        {
            return _codes.Count == 0 ? null : _codes[^(1 + random.Next(Math.Min(last, _codes.Count)))];
        }
    }

    /// <summary>
    /// Records that a client asks a server to create a link with this target. <paramref name="hasKey"/> is
    /// true if the request has an Idempotency-Key. A client uses a new target for each new link and sends the
    /// same target again only when it repeats a request.
    /// </summary>
    public void Request(string target, bool hasKey) => _requested[target] = hasKey;

    /// <summary>Records that the primary has been killed and that a replica is being promoted.</summary>
    public void StartRecovery() => Volatile.Write(ref _promotedAt, TimeProvider.System.GetTimestamp());

    /// <summary>Records that a server responded to a creation with 201.</summary>
    /// <param name="code">The code of the created link.</param>
    /// <param name="target">The target that the client sent.</param>
    /// <param name="begun">The monotonic timestamp at which the client sent the request.</param>
    public void Acknowledge(string code, string target, long begun)
    {
        if (begun >= Volatile.Read(ref _promotedAt)
            && Interlocked.Exchange(ref _promotedAt, long.MaxValue) is < long.MaxValue and var promotedAt)
        {
            _recoveryTimes.Enqueue(TimeProvider.System.GetElapsedTime(promotedAt));
        }

        if (_requested[target] && _codesOfKeys.GetOrAdd(target, code) is var first && first != code)
            AddViolation($"one Idempotency-Key made {first} and {code}, both for {target}");
        if (_targets.TryAdd(code, target))
        {
            lock (_adding)
                _codes.Add(code);
        }
        else if (_targets[code] != target || !_requested[target])
        {
            AddViolation($"{code} was given to {_targets[code]} and to {target}");
        }
    }

    /// <summary>Records that a server redirected a code to a target.</summary>
    public void Follow(string code, string target)
    {
        var isRight = _targets.TryGetValue(code, out var acknowledged)
            ? target == acknowledged
            : _requested.ContainsKey(target);
        if (!isRight)
            AddViolation($"{code} leads to {target} and not to {acknowledged ?? "no target"}");
    }

    /// <summary>
    /// Records a violation for each target that has several links on the primary. Even if a client sent a
    /// creation several times, only one link may exist.
    /// </summary>
    public async Task CheckOnceAsync(PostgresServer primary)
    {
        foreach (var target in await primary.ReadTextsAsync(
            "SELECT target FROM link GROUP BY target HAVING count(*) > 1 ORDER BY target"))
        {
            AddViolation($"{target} was requested once, and has several links");
        }
    }
}
