using System.Globalization;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>Lookups that were answered with a link, with none, and not at all.</summary>
internal sealed record Answers(long Found, long NotFound, long Unavailable)
{
    public static Answers operator +(Answers one, Answers other) => new(
        one.Found + other.Found, one.NotFound + other.NotFound, one.Unavailable + other.Unavailable);
}

/// <summary>
/// One random schedule of servers that create, change and follow links on a primary and its replicas while
/// everything goes wrong: replication lags and stands still, hosts are lost and come back from backups,
/// clocks jump, replicas take over, servers are halted anywhere, replies are lost. The same seed gives the
/// same schedule.
/// </summary>
internal sealed class HorizonSimulation
{
    private const int Steps = 300;
    private const string Version = "?version=";
    private const int RoundsOfPeace = 20;
    private const int StepsOfRound = 60;

    /// <summary>
    /// How often at most something is replicated, fails, is paused, beats, looks, creates, changes, cut off
    /// from changes, follows.
    /// </summary>
    private static readonly int[] MostLikings = [30, 6, 1, 10, 30, 8, 4, 1, 8];

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
        Finish();
        if (_broken is null && _open == 0 && _targets.Count > 0)
            CatchUp();
        foreach (var server in _servers)
            server.Stop();
        return _broken ?? (_open > 0 ? "a lookup hangs" : null);
    }

    /// <summary>Lets lookups come to their ends.</summary>
    private void Finish()
    {
        for (var step = 0; step < 10 * Steps && _open > 0 && _broken is null; step++)
        {
            PassTime(10);
            _scheduler.TryRun();
        }
    }

    /// <summary>
    /// When nothing goes wrong for some seconds, every server shows every link as the primary has it.
    /// </summary>
    private void CatchUp()
    {
        for (var round = 0; round < RoundsOfPeace; round++)
        {
            PassTime(400);
            _ = _servers[0].Writes.BeatAsync();
            _cluster.ReplicateAll();
            foreach (var server in _servers)
            {
                for (var host = 0; host < _cluster.Hosts.Count; host++)
                    _ = server.LookAtAsync(host);
            }

            for (var step = 0; step < StepsOfRound; step++)
                _scheduler.TryRun();
        }

        foreach (var changed in _cluster.Primary.Changes.Select(change => change.Link).TakeLast(2))
        {
            var newest = _cluster.Primary.Find(changed.Code);
            foreach (var server in _servers)
                _ = FollowAsync(server, changed.Code, newest);
        }

        Finish();
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
            case 6:
                _ = ChangeAsync(server);
                break;
            case 7:
                server.Changes.Cut();
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
        var code = _random.Next(4) == 0 ? $"custom{_targets.Count}" : SimulatedNodes.CodeOf(id);
        var target = $"https://example.com/{_targets.Count}";
        if (!_targets.TryAdd(code, target))
            return NewLink(new Tsid(id.Value + 1));
        _made.Add(code);
        if (_random.Next(2) == 0)
            _ = FollowAsync(AnyServer(), code); // Somebody guessed it.
        return new Link(id, "", code, target, default);
    }

    /// <summary>
    /// Changes what was made a moment ago, and follows it while that is under way, and after.
    /// </summary>
    private async Task ChangeAsync(SimulatedServer server)
    {
        if (_made.Count == 0)
            return;
        var code = _random.Next(2) == 0 ? _made[^1] : _made[_random.Next(_made.Count)];
        _ = FollowAsync(AnyServer(), code);
        await server.Writes.ChangeAsync(code, Change);
        _ = FollowAsync(server, code);
        _ = FollowAsync(AnyServer(), code);
    }

    private Link Change(Link link) => link with
    {
        Version = link.Version + 1,
        Target = TargetOf(link.Code, link.Version + 1),
    };

    private string TargetOf(string code, int version) =>
        version == 1 ? _targets[code] : $"{_targets[code]}{Version}{version}";

    /// <summary>Mostly what was acknowledged or made a moment ago; or what nobody made.</summary>
    private string AnyCode() => _random.Next(8) switch
    {
        0 => SimulatedNodes.CodeOf(SimulatedNodes.IdAt(
            _cluster.Primary.ClosedAt.AddMilliseconds(_random.Next(-8000, 1000)), _random.Next(4096))),
        1 => $"nobody{_random.Next(3)}",
        2 or 3 or 4 when _made.Count > 0 => _made[^1],
        5 when _acknowledged.Count > 0 => _acknowledged[_random.Next(_acknowledged.Count)],
        _ => _acknowledged.Count > 0 ? _acknowledged[^1] : "nobody",
    };

    /// <param name="server">Whom to ask.</param>
    /// <param name="code">What to follow.</param>
    /// <param name="newest">What it must show at least, told or not.</param>
    private async Task FollowAsync(SimulatedServer server, string code, Link? newest = null)
    {
        _open++;
        var isAcknowledged = _acknowledged.Contains(code, StringComparer.Ordinal);
        var told = newest ?? server.Told[code];
        var mustBeTold = new MustBeTold(_cluster, server, code, _targets);
        try
        {
            var target = await server.FollowAsync(code, isByCache: _random.Next(2) == 0);
            Check(code, isAcknowledged, target);
            CheckVersion(code, told, target);
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

    private void Check(string code, bool isAcknowledged, string? target)
    {
        if (target is null)
        {
            Answers = Answers with { NotFound = Answers.NotFound + 1 };
            if (isAcknowledged)
                _broken ??= $"'{code}' was acknowledged, and then not found";
        }
        else
        {
            Answers = Answers with { Found = Answers.Found + 1 };
            if (!_targets.ContainsKey(code) || target != TargetOf(code, VersionOf(target)))
                _broken ??= $"'{code}' leads to {target}, which nobody made";
        }
    }

    private void CheckVersion(string code, Link? told, string? target)
    {
        if (told is null)
            return;
        var version = target is null ? 0 : VersionOf(target);
        if (version < told.Version && !_cluster.HasLost(told))
            _broken ??= $"'{code}' was answered with version {version} when {told.Version} had been told of";
    }

    private static int VersionOf(string target) =>
        target.Split(Version) is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 1;
}
