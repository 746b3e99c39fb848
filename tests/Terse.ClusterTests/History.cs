using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// What clients asked for and what they were answered. Violations: an acknowledged link is answered 404 or
/// with another target; a code leads to two targets, or somewhere that nobody asked for; a creation with an
/// Idempotency-Key makes two links.
/// </summary>
internal sealed class History
{
    private readonly ConcurrentDictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _codesOfKeys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    private readonly List<string> _codes = [];
    private readonly Lock _adding = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentQueue<TimeSpan> _creatingAgain = new();
    private long _promotedAt = long.MaxValue;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Times from the order to promote a replica to the end of the first creation since.</summary>
    public IReadOnlyCollection<TimeSpan> CreatingAgain => _creatingAgain;

    /// <summary>The codes of all acknowledged links, the oldest first.</summary>
    public IReadOnlyList<string> Codes
    {
        get
        {
            lock (_adding)
                return [.. _codes];
        }
    }

    public void Violate(string what) => _violations.Enqueue(what);

    public bool IsAcknowledged(string code) => _targets.ContainsKey(code);

    /// <summary>A code of the last so many, or of all; null where there is none.</summary>
    public string? PickCode(Random random, int last = int.MaxValue)
    {
        lock (_adding)
        {
            return _codes.Count == 0 ? null : _codes[^(1 + random.Next(Math.Min(last, _codes.Count)))];
        }
    }

    /// <summary>A link with this target is asked for; each target once, retries aside.</summary>
    public void Ask(string target, bool hasKey) => _asked[target] = hasKey;

    /// <summary>The primary is dead, and a replica is told to become it.</summary>
    public void Promoting() => Volatile.Write(ref _promotedAt, TimeProvider.System.GetTimestamp());

    /// <summary>A creation was answered that it made a link, or had made it before.</summary>
    /// <param name="code">The link's code.</param>
    /// <param name="target">What was asked for.</param>
    /// <param name="begun">The timestamp at which it was asked for.</param>
    public void Acknowledge(string code, string target, long begun)
    {
        if (begun >= Volatile.Read(ref _promotedAt)
            && Interlocked.Exchange(ref _promotedAt, long.MaxValue) is < long.MaxValue and var promotedAt)
        {
            _creatingAgain.Enqueue(TimeProvider.System.GetElapsedTime(promotedAt));
        }

        if (_asked[target] && _codesOfKeys.GetOrAdd(target, code) is var first && first != code)
            Violate($"one key made {first} and {code}, both for {target}");
        if (_targets.TryAdd(code, target))
        {
            lock (_adding)
                _codes.Add(code);
        }
        else if (_targets[code] != target || !_asked[target])
        {
            Violate($"{code} was given to {_targets[code]} and to {target}");
        }
    }

    /// <summary>A code was answered with a redirect.</summary>
    public void Follow(string code, string target)
    {
        var isRight = _targets.TryGetValue(code, out var acknowledged)
            ? target == acknowledged
            : _asked.ContainsKey(target);
        if (!isRight)
            Violate($"{code} leads to {target} and not to {acknowledged ?? "nowhere"}");
    }

    /// <summary>Whether the primary holds each link once, however often a key asked for it.</summary>
    public async Task CheckOnceAsync(PostgresServer primary)
    {
        foreach (var target in await primary.ReadTextsAsync(
            "SELECT target FROM link GROUP BY target HAVING count(*) > 1 ORDER BY target"))
        {
            Violate($"{target} was asked for once, and has several links");
        }
    }
}
