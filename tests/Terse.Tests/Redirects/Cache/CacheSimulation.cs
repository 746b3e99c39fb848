using Terse.Hosting;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>
/// One random schedule of requests, changes and lookups that read at one moment and are answered at another,
/// on a cache with little room. The target of a link tells its version, so each answer shows how old it is.
/// The same seed gives the same schedule.
/// </summary>
/// <param name="seed">Which schedule.</param>
/// <param name="isToldTooEarly">Whether the cache is told of a change before it is made: a mistake.</param>
internal sealed class CacheSimulation(int seed, bool isToldTooEarly = false) : IDisposable
{
    private const int Steps = 400;
    private const int Room = 6;
    private const int RoomBytes = 2000;

    private static readonly TimeSpan UnheardAge = TimeSpan.FromSeconds(5);

    private readonly Random _random = new(seed);
    private readonly TestCache _test = new(Room, RoomBytes);
    private readonly Dictionary<string, int> _told = new(StringComparer.Ordinal);
    private readonly List<(string Code, int Version, DateTimeOffset At)> _untold = [];
    private readonly Queue<string> _announced = [];
    private readonly bool _losesStore = seed % 2 == 0;
    private bool _isHeard = true;
    private int _open;
    private string? _broken;

    /// <summary>Requests that were answered with a link.</summary>
    public int Found { get; private set; }

    private DateTimeOffset Now => _test.Time.GetUtcNow();

    /// <summary>Runs the schedule and says which promise broke, or null when all held.</summary>
    public string? Run()
    {
        _test.Store.IsHolding = true;
        for (var step = 0; step < Steps && _broken is null; step++)
        {
            Act();
            if (_test.Cache.Entries > Room || _test.Cache.Bytes > RoomBytes)
                _broken ??= "the cache is over its bounds";
        }

        while (_test.Store.Held.Count > 0)
            _test.Store.Held[0].Answer();
        return _broken ?? (_open > 0 ? "a request hangs" : null);
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
            case < 11 when AnyHeld() is { } held:
                held.Read();
                break;
            case < 14 when AnyHeld() is { } held:
                held.Answer();
                break;
            case 14 when _losesStore && AnyHeld() is { } held:
                held.Fail();
                break;
            case < 17:
                Change(code);
                break;
            case 17:
                TellOne();
                break;
            case 18:
                _test.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(_random.Next(3000))));
                break;
            default:
                ChangeHearing();
                break;
        }
    }

    private FakeLinkStore.HeldLookup? AnyHeld() =>
        _test.Store.Held.Count > 0 ? _test.Store.Held[_random.Next(_test.Store.Held.Count)] : null;

    /// <summary>The first version is no change: nobody is told of it, and all find it.</summary>
    private void Change(string code)
    {
        if (isToldTooEarly && _test.Store.Links.ContainsKey(code))
        {
            _test.Cache.OnChanged(new("", code));
            _announced.Enqueue(code);
            return;
        }

        var version = Make(code);
        if (version == 1)
            _told[code] = version;
        else
            _untold.Add((code, version, Now));
    }

    private int Make(string code)
    {
        var version = _test.Store.Links.TryGetValue(code, out var link) ? link.Version + 1 : 1;
        _test.Store.Put(code, $"https://example.com/{version}{new string('a', _random.Next(400))}");
        return version;
    }

    private void TellOne()
    {
        if (_announced.TryDequeue(out var announced))
            _told[announced] = Make(announced);
        if (!_isHeard || _untold.Count == 0)
            return;
        var (code, version, _) = _untold[0];
        _untold.RemoveAt(0);
        _test.Cache.OnChanged(new("", code));
        _told[code] = version;
    }

    private void ChangeHearing()
    {
        _isHeard = !_isHeard;
        if (!_isHeard)
        {
            _test.Cache.OnDisconnected();
            return;
        }

        if (_random.Next(4) == 0)
        {
            _test.Cache.OnAllChanged();
            foreach (var (code, version, _) in _untold)
                _told[code] = version;
            _untold.Clear();
        }

        while (_untold.Count > 0)
            TellOne();
        _test.Cache.OnConnected();
    }

    private async Task RequestAsync(string code)
    {
        _open++;
        var least = LeastVersionOf(code);
        try
        {
            Check(code, least, await _test.FindAsync(code));
        }
        catch (StoreUnavailableException)
        {
            if (!_losesStore)
                _broken ??= $"'{code}' is unavailable";
        }

        _open--;
    }

    /// <summary>
    /// What was told before the request counts; and while changes go unheard, what was changed 5 s before,
    /// unless the store could not be asked.
    /// </summary>
    private int LeastVersionOf(string code)
    {
        var least = _told.GetValueOrDefault(code);
        if (_isHeard || _losesStore)
            return least;
        var old = _untold.Where(change => change.Code == code && change.At < Now - UnheardAge);
        return old.Select(change => change.Version).Append(least).Max();
    }

    private void Check(string code, int least, CachedLink? link)
    {
        Found += link is null ? 0 : 1;
        var version = link is null ? 0 : int.Parse(link.Location[20..].TrimEnd('a'));
        if (version < least)
            _broken ??= $"'{code}' was answered with version {version}, and {least} was known of before";
    }
}
