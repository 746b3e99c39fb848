using Terse.Links;

namespace Terse.Tests.Horizon;

/// <summary>Lookups that were answered with a link, with none, and not at all.</summary>
internal sealed record Answers(long Found, long NotFound, long Unavailable)
{
    public static Answers operator +(Answers one, Answers other) => new(
        one.Found + other.Found, one.NotFound + other.NotFound, one.Unavailable + other.Unavailable);
}

/// <summary>
/// One random schedule of servers that create and follow links on a primary and its replicas while everything
/// goes wrong: replication lags and stands still, hosts are lost and come back from backups, clocks jump,
/// replicas take over, servers are halted anywhere, replies are lost. The same seed gives the same schedule.
/// </summary>
internal sealed class HorizonSimulation
{
    private const int Steps = 300;

    /// <summary>
    /// How often at most something is replicated, fails, is paused, beats, looks, creates, follows.
    /// </summary>
    private static readonly int[] MostLikings = [30, 6, 1, 10, 30, 8, 8];

    private readonly Random _random;
    private readonly HorizonScheduler _scheduler;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer[] _servers;
    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly List<string> _made = [];
    private readonly List<string> _acknowledged = [];
    private readonly int[] _likings;
    private string? _broken;
    private int _open;

    /// <param name="seed">Which schedule.</param>
    /// <param name="sabotage">What is taken out.</param>
    public HorizonSimulation(int seed, HorizonSabotage sabotage)
    {
        _random = new Random(seed);
        _likings = [.. MostLikings.Select(most => _random.Next(1, most + 1))];
        _scheduler = new HorizonScheduler(_random);
        _cluster = new SimulatedCluster(_random)
        {
            IsKnownToAll = timeline => Array.TrueForAll(_servers!, server => server.Timeline == timeline),
        };
        _servers = new SimulatedServer[_random.Next(1, 4)];
        for (var index = 0; index < _servers.Length; index++)
            _servers[index] = new SimulatedServer(_cluster, _scheduler, sabotage, _random);
    }

    public Answers Answers { get; private set; } = new(0, 0, 0);

    /// <summary>Runs the schedule and says which promise broke, or null when all held.</summary>
    public string? Run()
    {
        for (var step = 0; step < Steps && _broken is null; step++)
        {
            PassTime(_random.Next(_random.Next(100) == 0 ? 2000 : 20));
            if (_random.Next(5) == 0 || !_scheduler.TryRun())
                Begin(AnyServer());
        }

        _cluster.Mend();
        foreach (var server in _servers)
            server.Pause(false);
        for (var step = 0; step < 4 * Steps && _open > 0 && _broken is null; step++)
        {
            PassTime(10);
            _scheduler.TryRun();
        }

        foreach (var server in _servers)
            server.Stop();
        return _broken ?? (_open > 0 ? "a lookup hangs" : null);
    }

    private void PassTime(int milliseconds)
    {
        _cluster.Passed += TimeSpan.FromMilliseconds(milliseconds);
        foreach (var server in _servers)
        {
            if (!server.IsPaused)
                server.Time.GoOff();
        }
    }

    /// <summary>Each schedule has likings of its own: what is rare in one is common in another.</summary>
    private void Begin(SimulatedServer server)
    {
        var what = _random.Next(_likings.Sum());
        var activity = 0;
        while ((what -= _likings[activity]) >= 0)
            activity++;
        switch (activity)
        {
            case 0:
                _cluster.Replicate();
                break;
            case 1:
                _cluster.Suffer();
                break;
            case 2:
                server.Pause(!server.IsPaused);
                break;
            case 3:
                _ = server.Writes.BeatAsync();
                break;
            case 4:
                server = _servers[_random.Next(_random.Next(_servers.Length) + 1)]; // Some see all later.
                _ = server.LookAtAsync(_random.Next(_cluster.Hosts.Count));
                break;
            case 5:
                _ = CreateAsync(server);
                break;
            default:
                _ = FollowAsync(server, AnyCode());
                break;
        }
    }

    private SimulatedServer AnyServer() => _servers[_random.Next(_servers.Length)];

    private async Task CreateAsync(SimulatedServer server)
    {
        var link = await server.Writes.CreateAsync(NewLink);
        if (link is null)
            return;
        _acknowledged.Add(link.Code);
        _ = FollowAsync(AnyServer(), link.Code);
        _ = FollowAsync(AnyServer(), link.Code);
    }

    /// <summary>With a custom code, which tells no time, or one that is made of the id.</summary>
    private Link NewLink(Tsid id)
    {
        var code = _random.Next(4) == 0 ? $"custom{_targets.Count}" : SimulatedKeys.CodeOf(id);
        var target = $"https://example.com/{_targets.Count}";
        if (!_targets.TryAdd(code, target))
            return NewLink(new Tsid(id.Value + 1));
        _made.Add(code);
        if (_random.Next(2) == 0)
            _ = FollowAsync(AnyServer(), code); // Somebody guessed it.
        return new Link(id, "", code, target, default);
    }

    /// <summary>Mostly what was acknowledged or made a moment ago; or what nobody made.</summary>
    private string AnyCode() => _random.Next(8) switch
    {
        0 => SimulatedKeys.CodeOf(SimulatedKeys.IdAt(
            _cluster.Primary.ClosedAt.AddMilliseconds(_random.Next(-8000, 1000)), _random.Next(4096))),
        1 => $"nobody{_random.Next(3)}",
        2 or 3 or 4 when _made.Count > 0 => _made[^1],
        5 when _acknowledged.Count > 0 => _acknowledged[_random.Next(_acknowledged.Count)],
        _ => _acknowledged.Count > 0 ? _acknowledged[^1] : "nobody",
    };

    private async Task FollowAsync(SimulatedServer server, string code)
    {
        _open++;
        var isAcknowledged = _acknowledged.Contains(code, StringComparer.Ordinal);
        var mustBeTold = new MustBeTold(_cluster, server, code, _targets);
        try
        {
            var found = await server.Finder.FindAsync("", code, default);
            Check(code, isAcknowledged, found);
        }
        catch (StoreUnavailableException)
        {
            Answers = Answers with { Unavailable = Answers.Unavailable + 1 };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _broken ??= $"'{code}': {exception}";
        }

        if (mustBeTold.WasBroken())
            _broken ??= $"'{code}' is old, nobody made it, and yet the primary was asked for it";
        _open--;
    }

    private void Check(string code, bool isAcknowledged, Link? found)
    {
        if (found is null)
        {
            Answers = Answers with { NotFound = Answers.NotFound + 1 };
            if (isAcknowledged)
                _broken ??= $"'{code}' was acknowledged, and then not found";
        }
        else
        {
            Answers = Answers with { Found = Answers.Found + 1 };
            if (!_targets.TryGetValue(code, out var target) || found.Target != target)
                _broken ??= $"'{code}' leads to {found.Target} and not to {target}";
        }
    }
}
