using Terse.Hosting;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>
/// Runs a random schedule on a small cache: requests, changes of links, and reads of the store that take
/// their snapshot at one moment and complete later. The target of a link contains the version of the link, so
/// each result shows how old it is. The same seed always gives the same schedule.
/// </summary>
/// <param name="seed">The seed of the random numbers. The seed determines the whole schedule.</param>
/// <param name="notifiesTooEarly">
/// Whether the simulation notifies the cache of a change before it makes the change. If true, the simulation
/// must detect this bug.
/// </param>
internal sealed class CacheSimulation(int seed, bool notifiesTooEarly = false) : IDisposable
{
    private const int Steps = 400;
    private const int MaxEntries = 6;
    private const int MaxBytes = 2000;

    private static readonly TimeSpan MaxAgeUnconfirmed = TimeSpan.FromSeconds(5);

    private readonly Random _random = new(seed);
    private readonly TestCache _test = new(MaxEntries, MaxBytes);
    private readonly Dictionary<string, int> _notified = new(StringComparer.Ordinal);
    private readonly List<(string Code, int Version, DateTimeOffset At)> _pending = [];
    private readonly List<(string Code, int Version, DateTimeOffset At)> _unnamed = [];
    private readonly Queue<string> _early = [];
    private readonly bool _losesStore = seed % 2 == 0;
    private bool _isConnected = true;
    private int _running;
    private string? _failure;

    /// <summary>The number of requests that found a link.</summary>
    public int Found { get; private set; }

    private DateTimeOffset Now => _test.Time.GetUtcNow();

    /// <summary>
    /// Runs the schedule. Returns a description of the first broken invariant; null if no invariant was
    /// broken.
    /// </summary>
    public string? Run()
    {
        _test.Store.IsHolding = true;
        for (var step = 0; step < Steps && _failure is null; step++)
        {
            Act();
            if (_isConnected)
                ReportComplete();
            if (_test.Cache.Count > MaxEntries || _test.Cache.Bytes > MaxBytes)
                _failure ??= "the cache exceeds its bounds";
        }

        while (_test.Store.Held.Count > 0)
            _test.Store.Held[0].Complete();
        return _failure ?? (_running > 0 ? "a request hangs" : null);
    }

    public void Dispose() => _test.Dispose();

    private void Act()
    {
        var code = $"code{_random.Next(_random.Next(1, 12))}";
        switch (_random.Next(20))
        {
            case < 9:
                _ = RequestAsync(code);
                break;
            case < 11 when PickHeld() is { } held:
                held.TakeSnapshot();
                break;
            case < 14 when PickHeld() is { } held:
                held.Complete();
                break;
            case 14 when _losesStore && PickHeld() is { } held:
                held.Fail();
                break;
            case < 17:
                Change(code);
                break;
            case 17:
                NotifyOne();
                break;
            case 18:
                _test.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(_random.Next(3000))));
                break;
            default:
                ToggleConnection();
                break;
        }
    }

    private FakeLinkStore.HeldRead? PickHeld() =>
        _test.Store.Held.Count > 0 ? _test.Store.Held[_random.Next(_test.Store.Held.Count)] : null;

    /// <summary>
    /// Creates or changes a link. When a link is created, the cache is not notified, but every later request
    /// must find the link.
    /// </summary>
    private void Change(string code)
    {
        if (notifiesTooEarly && _test.Store.Links.ContainsKey(code))
        {
            _test.Cache.OnChanged(new("", code));
            _early.Enqueue(code);
            return;
        }

        var version = Make(code);
        if (version == 1)
            _notified[code] = version;
        else
            _pending.Add((code, version, Now));
    }

    private int Make(string code)
    {
        var version = _test.Store.Links.TryGetValue(code, out var link) ? link.Version + 1 : 1;
        _test.Store.Put(code, $"https://example.com/{version}{new string('a', _random.Next(400))}");
        return version;
    }

    private void NotifyOne()
    {
        if (_early.TryDequeue(out var early))
            _notified[early] = Make(early);
        if (!_isConnected || _pending.Count == 0)
            return;
        var (code, version, _) = _pending[0];
        _pending.RemoveAt(0);
        _test.Cache.OnChanged(new("", code));
        _notified[code] = version;
    }

    private void ToggleConnection()
    {
        _isConnected = !_isConnected;
        if (!_isConnected)
            return;

        if (_random.Next(4) == 0)
        {
            _test.Cache.OnAllChanged();
            _unnamed.AddRange(_pending);
            _pending.Clear();
        }

        while (_pending.Count > 0)
            NotifyOne();
    }

    private void ReportComplete()
    {
        var completeAt = _pending.Select(change => change.At).Append(Now).Min();
        _test.Cache.OnComplete(_test.Time.GetTimestamp() - (Now - completeAt).Ticks);
    }

    private async Task RequestAsync(string code)
    {
        _running++;
        var minVersion = MinVersionOf(code);
        try
        {
            Check(code, minVersion, await _test.FindAsync(code));
        }
        catch (StoreUnavailableException)
        {
            if (!_losesStore)
                _failure ??= $"'{code}' is unavailable";
        }

        _running--;
    }

    /// <summary>
    /// Returns the oldest version of the link that a request may get: the version of the last notification
    /// before the request. If the cache was not notified of a change because it was disconnected from the
    /// change feed, the request must not get a version that was replaced more than 5 s ago. While the cache
    /// is disconnected, this second rule does not apply to schedules in which the store becomes unreachable.
    /// </summary>
    private int MinVersionOf(string code)
    {
        IEnumerable<(string Code, int Version, DateTimeOffset At)> old =
            _isConnected || _losesStore ? _unnamed : [.. _unnamed, .. _pending];
        return old.Where(change => change.Code == code && change.At < Now - MaxAgeUnconfirmed)
            .Select(change => change.Version)
            .Append(_notified.GetValueOrDefault(code))
            .Max();
    }

    private void Check(string code, int minVersion, CachedLink? link)
    {
        Found += link is null ? 0 : 1;
        var version = link is null ? 0 : int.Parse(link.Location[20..].TrimEnd('a'));
        if (version < minVersion)
            _failure ??= $"'{code}' has version {version}; the notified version is {minVersion}";
    }
}
