using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Horizon;
using Terse.Links;
using Terse.Redirects;
using Terse.Storage;
using Terse.Storage.Postgres;
using Terse.Tests.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// A Terse server on simulated hosts. Its host registry, layouts, primary lookup budget, finder, cache and
/// change feed are the real classes.
/// </summary>
internal sealed class SimulatedServer
{
    /// <summary>The metrics of all simulated servers. No test reads them.</summary>
    private static readonly IMeterFactory Meters =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private static readonly LookupMetrics Metrics = new(Meters);
    private static readonly ChangeMetrics NoChangeMetrics = new(Meters);
    private static readonly IOptions<CacheOptions> SmallCache =
        Options.Create(new CacheOptions { MaxEntries = 100, MaxBytes = 1 << 20 });

    private static readonly DomainMap NoDomains = new(Options.Create(new DomainOptions()));

    private static readonly BlockMap NoBlocks = TestBlocks.NewMap();

    private static readonly TestBlockFreshness YoungBlocks = new();

    private readonly SimulatedCluster _cluster;
    private readonly HorizonScheduler _scheduler;
    private readonly bool[] _isProbing;
    private readonly bool _hidesTimelines;
    private readonly HostRegistry _registry;
    private readonly LinkCache _cache;
    private readonly LinkLoader _loader;
    private readonly OwnMeters _meters = new();
    private readonly CancellationTokenSource _stopping = new();

    public SimulatedServer(
        SimulatedCluster cluster, HorizonScheduler scheduler, HorizonSabotage sabotage, Random random)
    {
        (_cluster, _scheduler) = (cluster, scheduler);
        Time = new SimulatedTime(() => cluster.Elapsed);
        Hosts = [.. cluster.Hosts.Select((_, index) => new HostStatus($"host {index}"))];
        _isProbing = new bool[Hosts.Count];
        _registry = new HostRegistry(Hosts, new ClusterOptions { Hosts = [] }, Time, random);
        _hidesTimelines = sabotage == HorizonSabotage.NoTimeline;
        for (var index = 0; index < Hosts.Count; index++)
            _registry.Update(Hosts[index], StateOf(cluster.Hosts[index]));
        Layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, Time);
        Lookups = new SimulatedLookups(this, cluster, _registry, sabotage, random);
        Writes = new SimulatedWrites(this, cluster, sabotage, random);
        Pending = new PendingChanges(Time);
        Changes = new SimulatedChanges(this, cluster, sabotage, random);
        var pending = sabotage == HorizonSabotage.NoPending ? new PendingChanges(Time) : Pending;
        if (pending != Pending)
            pending.OnComplete(long.MaxValue / 2);
        var perSecond = random.Next(4) switch { 0 => 1000, 1 => random.Next(1, 20), _ => 0 };
        var budget = new PrimaryLookupBudget(perSecond, Metrics, Time);
        var fenced = new FencedLookups(Lookups, Time, TaskCreationOptions.None);
        Finder = new LinkFinder(Lookups, Layouts, budget, fenced, pending, NoDomains, Metrics, Time);
        var metrics = new RedirectMetrics(_meters);
        var table = new BoundedLinkTable(SmallCache.Value.MaxEntries, SmallCache.Value.MaxBytes, metrics);
        var circuit = new StoreCircuit(Time);
        var freshness = new LinkFreshness(SmallCache, Time);
        _loader = new LinkLoader(
            Finder, NoBlocks, YoungBlocks, table, circuit, freshness, metrics, Time);
        _cache = new LinkCache(table, _loader, circuit, freshness, YoungBlocks, metrics, Time);
        Notified = new NotifiedChanges(cluster, _cache);
        _ = Layouts.StartAsync(default);
        var feed = new PostgresChangeFeed(
            Changes, Pending, Notified, NoChangeMetrics, Time, NullLogger<PostgresChangeFeed>.Instance);
        _ = feed.RunAsync(_stopping.Token);
    }

    public SimulatedTime Time { get; }

    public IReadOnlyList<HostStatus> Hosts { get; }

    public LayoutLease Layouts { get; }

    public SimulatedLookups Lookups { get; }

    public LinkFinder Finder { get; }

    public SimulatedWrites Writes { get; }

    public PendingChanges Pending { get; }

    public SimulatedChanges Changes { get; }

    /// <summary>The changes of which the server has been notified.</summary>
    public NotifiedChanges Notified { get; }

    /// <summary>The generation of the primary that the server's registry knows.</summary>
    public int Generation => _registry.Known.Generation;

    /// <summary>
    /// The newest timeline that a probe of this server has read. The registry may not know this timeline,
    /// because a sabotage can hide timelines from the registry.
    /// </summary>
    public int Timeline { get; private set; } = 1;

    public bool IsPaused { get; private set; }

    /// <summary>How often the server has been paused.</summary>
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

    /// <summary>
    /// Returns the target of a code, or null if no link has the code. The server uses its cache only if
    /// <paramref name="isCached"/> is true.
    /// </summary>
    public async Task<string?> FollowAsync(string code, bool isCached) => isCached
        ? (await _loader.FindAsync(new("", code), _cache.Probe("", code), default))?.Location
        : (await Finder.FindAsync(new("", code), default))?.Target;

    /// <summary>
    /// Probes a host as the real monitor does. Does nothing if a probe of the same host is running.
    /// </summary>
    public async Task ProbeAsync(int index)
    {
        if (_isProbing[index])
            return;
        _isProbing[index] = true;
        var host = _cluster.Hosts[index];
        var probed = _cluster.Reaches(Timeline, host) ? StateOf(host) : null;
        var timeline = host.ReadTimeline();
        await StepAsync();
        _isProbing[index] = false;
        if (probed is null)
        {
            _registry.UpdateFailed(Hosts[index], "The host is lost.");
            return;
        }

        Timeline = Math.Max(Timeline, timeline);
        _registry.Update(Hosts[index], probed);
    }

    /// <summary>
    /// Returns the host that the server considers to be the primary; null if the server knows no primary.
    /// </summary>
    public SimulatedHost? FindPrimary() =>
        _registry.PickPrimary() is >= 0 and var index ? _cluster.Hosts[index] : null;

    /// <summary>
    /// Returns the generation of the known primary if this timeline is the timeline of that primary, else 0.
    /// </summary>
    public int GenerationOf(int timeline) => _registry.GenerationOf(IdentityOf(timeline));

    /// <summary>Returns the generation of a primary that executed a write on this timeline.</summary>
    public int GenerationOfWrite(int timeline) => _registry.GenerationOfWrite(IdentityOf(timeline).Timeline);

    private HostState StateOf(SimulatedHost host) => new(
        host.Role,
        IdentityOf(host.ReadTimeline()),
        host.ClosedAt,
        Failures: 0,
        IsInRotation: false,
        Error: null);

    private ClusterIdentity IdentityOf(int timeline) =>
        new(SystemIdentifier: 1, _hidesTimelines ? 0 : timeline, Guid.Empty);

    /// <summary>
    /// The meters of one server. Servers do not share meters, because a shared meter would keep the caches
    /// of all servers in memory.
    /// </summary>
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
