using System.Globalization;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>How many lookups had each outcome.</summary>
internal sealed record Answers(long Found, long NotFound, long Unavailable)
{
    public static Answers operator +(Answers one, Answers other) => new(
        one.Found + other.Found, one.NotFound + other.NotFound, one.Unavailable + other.Unavailable);
}

/// <summary>
/// Simulates one random schedule of servers that create, change and follow links on a primary and its
/// replicas. Faults happen meanwhile: replication is slow or stops, hosts fail and are restored from backups,
/// clocks jump, replicas are promoted, servers are paused at any point, and responses are lost. The same seed
/// produces the same schedule.
/// </summary>
internal sealed class HorizonSimulation
{
    private const int Steps = 300;
    private const string Version = "?version=";
    private const int CalmRounds = 20;
    private const int StepsPerRound = 60;

    /// <summary>
    /// The highest weight that each activity can have in a schedule; an activity with a higher weight begins
    /// more often. The weights are in the order of the cases in <see cref="Begin"/>: replicate, fault, pause,
    /// beat, probe, create, change, cut the feed, follow.
    /// </summary>
    private static readonly int[] MaxWeights = [30, 6, 1, 10, 30, 8, 4, 1, 8];

    private readonly Random _random;
    private readonly HorizonScheduler _scheduler;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer[] _servers;
    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly List<string> _codes = [];
    private readonly List<string> _acknowledged = [];
    private readonly int[] _weights;
    private string? _broken;
    private int _open;

    /// <param name="seed">
    /// The seed of the random numbers. The same seed always gives the same schedule.
    /// </param>
    /// <param name="sabotage">Which protection against wrong responses the simulation switches off.</param>
    public HorizonSimulation(int seed, HorizonSabotage sabotage)
    {
        _random = new Random(seed);
        _weights = [.. MaxWeights.Select(most => _random.Next(1, most + 1))];
        _scheduler = new HorizonScheduler(_random);
        _cluster = new SimulatedCluster(_random)
        {
            HaveAllSeen = timeline => Array.TrueForAll(_servers!, server => server.Timeline == timeline),
        };
        _servers = new SimulatedServer[_random.Next(1, 4)];
        for (var index = 0; index < _servers.Length; index++)
            _servers[index] = new SimulatedServer(_cluster, _scheduler, sabotage, _random);
    }

    public Answers Answers { get; private set; } = new(0, 0, 0);

    /// <summary>
    /// Runs the schedule. Returns a description of the first wrong response, or null if all responses were
    /// correct.
    /// </summary>
    public string? Run()
    {
        for (var step = 0; step < Steps && _broken is null; step++)
        {
            PassTime(_random.Next(_random.Next(100) == 0 ? 2000 : 20));
            if (_random.Next(5) == 0 || !_scheduler.TryRun())
                Begin(AnyServer());
        }

        _cluster.Repair();
        foreach (var server in _servers)
            server.Pause(false);
        Finish();
        if (_broken is null && _open == 0 && _targets.Count > 0)
            CatchUp();
        foreach (var server in _servers)
            server.Stop();
        return _broken ?? (_open > 0 ? "a lookup hangs" : null);
    }

    /// <summary>Runs waiting tasks until all lookups have ended.</summary>
    /// <remarks>
    /// If the stack is deep, .NET runs a continuation on the thread pool. A busy machine may run the
    /// continuation late. The simulation therefore waits for the continuation before it reports that a lookup
    /// hangs.
    /// </remarks>
    private void Finish()
    {
        for (var round = 0; round < 3 && _open > 0 && _broken is null; round++)
        {
            RunSteps();
            SpinWait.SpinUntil(
                () => Volatile.Read(ref _open) == 0 || _scheduler.HasWaiting, TimeSpan.FromSeconds(5));
        }
    }

    private void RunSteps()
    {
        for (var step = 0; step < 10 * Steps && _open > 0 && _broken is null; step++)
        {
            PassTime(10);
            _scheduler.TryRun();
        }
    }

    /// <summary>
    /// Checks that, after some seconds without faults, every server redirects to the newest target of a
    /// changed link.
    /// </summary>
    private void CatchUp()
    {
        for (var round = 0; round < CalmRounds; round++)
        {
            PassTime(400);
            _ = _servers[0].Writes.BeatAsync();
            _cluster.ReplicateAll();
            foreach (var server in _servers)
            {
                for (var host = 0; host < _cluster.Hosts.Count; host++)
                    _ = server.ProbeAsync(host);
            }

            for (var step = 0; step < StepsPerRound; step++)
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
        _cluster.Elapsed += TimeSpan.FromMilliseconds(milliseconds);
        foreach (var server in _servers)
        {
            if (!server.IsPaused)
                server.Time.FireDueTimers();
        }
    }

    /// <summary>
    /// Begins a random activity. Each schedule has different weights, so that each activity is frequent in
    /// some schedules.
    /// </summary>
    private void Begin(SimulatedServer server)
    {
        var what = _random.Next(_weights.Sum());
        var activity = 0;
        while ((what -= _weights[activity]) >= 0)
            activity++;
        switch (activity)
        {
            case 0:
                _cluster.Replicate();
                break;
            case 1:
                _cluster.InjectFault();
                break;
            case 2:
                server.Pause(!server.IsPaused);
                break;
            case 3:
                _ = server.Writes.BeatAsync();
                break;
            case 4:
                // Servers with a higher index probe less often, so these servers detect a failover later.
                server = _servers[_random.Next(_random.Next(_servers.Length) + 1)];
                _ = server.ProbeAsync(_random.Next(_cluster.Hosts.Count));
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

    /// <summary>
    /// Makes a link with a custom code, which contains no timestamp, or with a code that is made from the id
    /// of the link.
    /// </summary>
    private Link NewLink(Tsid id)
    {
        var code = _random.Next(4) == 0 ? $"custom{_targets.Count}" : SimulatedNodes.CodeOf(id);
        var target = $"https://example.com/{_targets.Count}";
        if (!_targets.TryAdd(code, target))
            return NewLink(new Tsid(id.Value + 1));
        _codes.Add(code);
        if (_random.Next(2) == 0)
            _ = FollowAsync(AnyServer(), code); // A client guesses the code before the creation has ended.
        return new Link(id, "", code, target, default);
    }

    /// <summary>
    /// Changes the target of a link, and follows the link before the change and after it.
    /// </summary>
    private async Task ChangeAsync(SimulatedServer server)
    {
        if (_codes.Count == 0)
            return;
        var code = _random.Next(2) == 0 ? _codes[^1] : _codes[_random.Next(_codes.Count)];
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

    /// <summary>
    /// Returns a random code: mostly the code of a recent link, sometimes the code of an older link, or a
    /// code that belongs to no link.
    /// </summary>
    private string AnyCode() => _random.Next(8) switch
    {
        0 => SimulatedNodes.CodeOf(SimulatedNodes.IdAt(
            _cluster.Primary.ClosedAt.AddMilliseconds(_random.Next(-8000, 1000)), _random.Next(4096))),
        1 => $"unknown{_random.Next(3)}",
        2 or 3 or 4 when _codes.Count > 0 => _codes[^1],
        5 when _acknowledged.Count > 0 => _acknowledged[_random.Next(_acknowledged.Count)],
        _ => _acknowledged.Count > 0 ? _acknowledged[^1] : "unknown",
    };

    /// <param name="server">The server that receives the request.</param>
    /// <param name="code">The code of the request.</param>
    /// <param name="newest">
    /// The version of the link that the response must have; a newer version is also correct. If null, the
    /// method uses the newest version of which the server has been notified.
    /// </param>
    private async Task FollowAsync(SimulatedServer server, string code, Link? newest = null)
    {
        _open++;
        var isAcknowledged = _acknowledged.Contains(code, StringComparer.Ordinal);
        var notified = newest ?? server.Notified[code];
        var rule = new PrimaryNotAskedRule(_cluster, server, code, _targets);
        try
        {
            var target = await server.FollowAsync(code, isCached: _random.Next(2) == 0);
            Check(code, isAcknowledged, target);
            CheckVersion(code, notified, target);
        }
        catch (StoreUnavailableException)
        {
            Answers = Answers with { Unavailable = Answers.Unavailable + 1 };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _broken ??= $"'{code}': {exception}";
        }

        if (rule.IsBroken())
            _broken ??= $"'{code}' is old and no link has it, but the primary was asked for it";
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
                _broken ??= $"'{code}' leads to {target}, which no link has";
        }
    }

    private void CheckVersion(string code, Link? notified, string? target)
    {
        if (notified is null)
            return;
        var version = target is null ? 0 : VersionOf(target);
        if (version < notified.Version && !_cluster.HasLost(notified))
            _broken ??= $"'{code}': version {version} after a notification of {notified.Version} is outdated";
    }

    private static int VersionOf(string target) =>
        target.Split(Version) is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 1;
}
