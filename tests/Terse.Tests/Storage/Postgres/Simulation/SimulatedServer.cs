using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Horizon;
using Terse.Redirects;
using Terse.Storage;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// A server: the real board, layouts, gate, finder, cache and feed of changes, over simulated hosts.
/// </summary>
internal sealed class SimulatedServer
{
    /// <summary>Nobody listens to them.</summary>
    private static readonly IMeterFactory Meters =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private static readonly LookupMetrics Metrics = new(Meters);
    private static readonly ChangeMetrics NoChangeMetrics = new(Meters);
    private static readonly IOptions<CacheOptions> SmallCache =
        Options.Create(new CacheOptions { MaxEntries = 100, MaxBytes = 1 << 20 });

    private readonly SimulatedCluster _cluster;
    private readonly HorizonScheduler _scheduler;
    private readonly bool[] _isLooking;
    private readonly bool _hidesTimelines;
    private readonly HostRegistry _board;
    private readonly LinkCache _cache;
    private readonly LinkLoader _loader;
    private readonly OwnMeters _meters = new();
    private readonly CancellationTokenSource _stopping = new();

    public SimulatedServer(
        SimulatedCluster cluster, HorizonScheduler scheduler, HorizonSabotage sabotage, Random random)
    {
        (_cluster, _scheduler) = (cluster, scheduler);
        Time = new SimulatedTime(() => cluster.Passed);
        Standings = [.. cluster.Hosts.Select((_, index) => new HostStatus($"host {index}"))];
        _isLooking = new bool[Standings.Count];
        _board = new HostRegistry(Standings, new ClusterOptions { Hosts = [] }, Time, random);
        _hidesTimelines = sabotage == HorizonSabotage.NoTimeline;
        for (var index = 0; index < Standings.Count; index++)
            _board.Judge(Standings[index], See(cluster.Hosts[index]));
        Layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, Time);
        Lookups = new SimulatedLookups(this, cluster, _board, sabotage, random);
        Writes = new SimulatedWrites(this, cluster, sabotage, random);
        Pending = new PendingChanges(Time);
        Changes = new SimulatedChanges(this, cluster, random);
        var pending = sabotage == HorizonSabotage.NoPending ? new PendingChanges(Time) : Pending;
        var gate = new PrimaryLookupBudget(random.Next(2) == 0 ? 1000 : random.Next(1, 20), Metrics, Time);
        Finder = new LinkFinder(Lookups, Layouts, gate, pending, Metrics, Time);
        var metrics = new RedirectMetrics(_meters);
        var table = new BoundedLinkTable(SmallCache.Value.MaxEntries, SmallCache.Value.MaxBytes, metrics);
        var circuit = new StoreCircuit(Time);
        _loader = new LinkLoader(Finder, static _ => false, table, circuit, metrics, Time);
        _cache = new LinkCache(table, _loader, circuit, SmallCache, metrics, Time);
        Told = new ToldChanges(cluster, _cache);
        _ = Layouts.StartAsync(default);
        var feed = new PostgresChangeFeed(
            Changes, Pending, Told, NoChangeMetrics, Time, NullLogger<PostgresChangeFeed>.Instance);
        _ = feed.RunAsync(_stopping.Token);
    }

    public SimulatedTime Time { get; }

    public IReadOnlyList<HostStatus> Standings { get; }

    public LayoutLease Layouts { get; }

    public SimulatedLookups Lookups { get; }

    public LinkFinder Finder { get; }

    public SimulatedWrites Writes { get; }

    public PendingChanges Pending { get; }

    public SimulatedChanges Changes { get; }

    /// <summary>The changes that it was told of.</summary>
    public ToldChanges Told { get; }

    /// <summary>The latest timeline that its board was told of.</summary>
    public int KnownTimeline => _board.Timeline;

    /// <summary>The latest timeline that it has seen, whether or not its board was told.</summary>
    public int Timeline { get; private set; } = 1;

    public bool IsPaused { get; private set; }

    /// <summary>How often it was paused.</summary>
    public int Pauses { get; private set; }

    public void Pause(bool isPaused)
    {
        IsPaused = isPaused;
        Pauses += isPaused ? 1 : 0;
    }

    public void Stop()
    {
        _ = Layouts.DisposeAsync().AsTask();
        _stopping.Cancel();
        _meters.Dispose();
    }

    public HorizonScheduler.Step StepAsync() => _scheduler.StepOf(this);

    /// <summary>Where a code leads, by the cache or past it; null where there is no link.</summary>
    public async Task<string?> FollowAsync(string code, bool isByCache) => isByCache
        ? (await _loader.FindAsync(new("", code), _cache.Probe("", code), default))?.Location
        : (await Finder.FindAsync(new("", code), default))?.Target;

    /// <summary>One look at a host, as the watch makes it; one at a time.</summary>
    public async Task LookAtAsync(int index)
    {
        if (_isLooking[index])
            return;
        _isLooking[index] = true;
        var host = _cluster.Hosts[index];
        var seen = _cluster.Reaches(Timeline, host) ? See(host) : null;
        var timeline = host.ReadTimeline();
        await StepAsync();
        _isLooking[index] = false;
        if (seen is null)
        {
            _board.JudgeFailed(Standings[index], "The host is lost.");
            return;
        }

        Timeline = Math.Max(Timeline, timeline);
        _board.Judge(Standings[index], seen);
    }

    /// <summary>The host that it writes to, as it believes; null where it knows of none.</summary>
    public SimulatedHost? FindPrimary() =>
        _board.PickPrimary() is >= 0 and var index ? _cluster.Hosts[index] : null;

    private HostState See(SimulatedHost host)
    {
        var timeline = _hidesTimelines ? 0 : host.ReadTimeline();
        return new(host.Role, timeline, host.ClosedAt, Failures: 0, IsInRotation: false, Error: null);
    }

    /// <summary>A cache registers itself with its meter, which would keep it for good.</summary>
    private sealed class OwnMeters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
