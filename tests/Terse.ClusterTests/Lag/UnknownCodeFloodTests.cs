using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Ids;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Sends many requests for codes that belong to no link. The lookups run on a primary and its replica. The
/// seed of the random codes is fixed. How many requests run per second depends on the machine.
/// </summary>
public sealed class UnknownCodeFloodTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Flood = 4000;
    private const int Fresh = 40;

    /// <summary>
    /// The most statements a second on the primary: fences, and lookups of codes that no replica contains.
    /// </summary>
    private const int StatementsPerSecond = 100;

    /// <summary>The statements on the primary that a flood may cause.</summary>
    private const string FloodStatements = "LEFT JOIN LATERAL|pg_logical_emit_message";

    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 1000 };

    private readonly Random _random = new(1);
    private readonly Figures _figures = new();
    private readonly List<Link> _links = [];
    private PostgresCluster _postgres = null!;
    private ServiceProvider _services = null!;
    private IdMint _mint = null!;
    private IdLayout _layout = null!;

    private HostState Replica => _services.GetRequiredService<Cluster>().Hosts[1].State;

    private ILinkStore Store => _services.GetRequiredService<ILinkStore>();

    private ILinkReader Reader => _services.GetRequiredService<ILinkReader>();

    private ICodeStrategy Strategy => _services.GetRequiredService<CodeStrategies>().Chosen;

    private DateTimeOffset ReplicaHorizon => Replica.Horizon;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 1);
        await StatementStatistics.EnableAsync(_postgres);
        var cluster = new Cluster(
            new ClusterOptions
            {
                Hosts = [.. _postgres.ConnectionStrings.Select(host => new HostAddress(host, host))],

                // The timeouts are long. With short timeouts, reads on a slow test machine could time out,
                // and the router would stop sending reads to that host.
                ReadTimeout = TimeSpan.FromSeconds(20),
                ProbeTimeout = TimeSpan.FromSeconds(10),
                MaxLag = TimeSpan.FromMinutes(1),
            },
            TimeProvider.System);
        await cluster.StartAsync();
        Assert.Null(await PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default));
        _services = TestDatabases.BuildStorage(cluster, _figures);
        await CreateLinksAsync();
        await _services.GetRequiredService<LayoutLease>().StartAsync(default);

        // No change feed runs here, so the test reports for the next minute that no change is missing.
        var nextMinute = 60 * TimeProvider.System.TimestampFrequency;
        _services.GetRequiredService<PendingChanges>().OnComplete(
            TimeProvider.System.GetTimestamp() + nextMinute);
    }

    public async ValueTask DisposeAsync()
    {
        await _mint.DisposeAsync();
        await _services.DisposeAsync();
        await _postgres.DisposeAsync();
        _figures.Dispose();
    }

    [Fact]
    public async Task A_flood_of_unknown_old_codes_never_reaches_the_primary()
    {
        var passed = (ReplicaHorizon - _layout.Since).TotalMilliseconds;
        var codes = CreateCodes(() => CodeAt(_layout.Since.AddMilliseconds(_random.NextDouble() * passed)));
        var answers = await FollowAsync(codes);

        Assert.Equal(0, _figures["terse.lookup.misses asked"]);
        Assert.Equal(0, _figures["terse.lookups primary"]);
        Assert.Equal(Flood, answers.NotFound);
        Assert.Equal(0, answers.Unavailable);
        Assert.Equal(Flood, answers.Found);
    }

    [Theory]
    [InlineData("young", 0)]
    [InlineData("without time", 0)]
    [InlineData("without time", 400)]
    [InlineData("without time", 1500)]
    public async Task A_flood_of_codes_that_no_horizon_can_decide_is_not_found_and_spares_the_primary(
        string kind, int lagMilliseconds)
    {
        await _postgres.Replicas[0].DelayReplayAsync(TimeSpan.FromMilliseconds(lagMilliseconds));
        var codes = kind == "young"
            ? CreateCodes(() => CodeAt(ReplicaHorizon.AddHours(1).AddSeconds(_random.Next(100_000))))
            : CreateCodes(() => string.Create(CultureInfo.InvariantCulture, $"x{_random.Next()}"));
        await StatementStatistics.ResetAsync(_postgres.Primary);
        var begin = TimeProvider.System.GetTimestamp();
        var fresh = FollowFreshAsync();
        var answers = await FollowAsync(codes);
        var foundFresh = await fresh;
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        var statements = await StatementStatistics.CountAsync(_postgres.Primary, FloodStatements);
        output.WriteLine($"{foundFresh} of {Fresh} fresh links found, {statements} statements there");

        Assert.Equal((Flood, 0, Flood), (answers.NotFound, answers.Unavailable, answers.Found));
        Assert.Equal(Fresh, foundFresh);
        Assert.InRange(_figures["terse.lookup.misses over_budget"], 1, long.MaxValue);
        Assert.InRange(_figures["terse.lookup.fences"], 1, long.MaxValue);
        Assert.InRange(statements, 1, StatementsPerSecond * (1 + seconds));
        Assert.Equal(0, _figures["terse.lookups.waiting"]);
    }

    /// <summary>
    /// Creates links with custom codes while the flood runs, and follows each link at once. Returns how many
    /// links were found.
    /// </summary>
    private async Task<int> FollowFreshAsync()
    {
        var found = 0;
        var some = new ParallelOptions { MaxDegreeOfParallelism = 10 };
        await Parallel.ForAsync(0, Fresh, some, async (number, _) =>
        {
            var link = await AddAsync(string.Create(CultureInfo.InvariantCulture, $"fresh{number}"));
            if ((await Reader.FindAsync(link.Name, default))?.Target == link.Target)
                Interlocked.Increment(ref found);
        });
        return found;
    }

    private async Task CreateLinksAsync()
    {
        _mint = new IdMint(
            _services.GetRequiredService<INodeStore>(),
            CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions()),
            Options.Create(new ServerOptions()),
            TimeProvider.System,
            new IdMetrics(_figures),
            NullLogger<IdMint>.Instance);
        for (var number = 0; number < 20; number++)
            _links.Add(await AddAsync(code: null));
        var last = _layout.EndOf(_links[^1].Id);
        await Eventually.IsTrueAsync(() => Task.FromResult(
            ReplicaHorizon > last && Replica.IsInRotation));
    }

    /// <summary>Adds a link. Without a code, the code is generated from the id of the link.</summary>
    private async Task<Link> AddAsync(string? code)
    {
        while (true)
        {
            var (id, layout) = await _mint.MintAsync(default);
            _layout = layout;
            var now = TimeProvider.System.GetUtcNow();
            var link = new Link(
                id, "", code ?? Strategy.NewCode(id, layout), $"https://example.com/{id.ToInt64()}", now);
            if (await Store.AddAsync(link, layout.EndOf(id), default) == AddLinkResult.Added)
                return link;
            await _mint.SynchronizeClockAsync(default);
        }
    }

    private static List<string> CreateCodes(Func<string> code) =>
        [.. Enumerable.Range(0, Flood).Select(_ => code())];

    private string CodeAt(DateTimeOffset instant) => Strategy.NewCode(
        _layout.Ids.Compose(_layout.Ids.TickAt(instant), node: 31, _random.Next(128)), _layout);

    /// <summary>Requests each code and, after each of these requests, follows an existing link.</summary>
    private async Task<(int Found, int NotFound, int Unavailable)> FollowAsync(List<string> codes)
    {
        var (found, notFound, unavailable) = (0, 0, 0);
        var begin = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, codes.Count, AtOnce, async (index, token) =>
        {
            try
            {
                Assert.Null(await Reader.FindAsync(new("", codes[index]), token));
                Interlocked.Increment(ref notFound);
            }
            catch (StoreUnavailableException)
            {
                Interlocked.Increment(ref unavailable);
            }

            var link = _links[index % _links.Count];
            if ((await Reader.FindAsync(new("", link.Code), token))?.Target == link.Target)
                Interlocked.Increment(ref found);
        });
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        output.WriteLine(
            $"{codes.Count} unknown codes in {seconds:0.0} s: {notFound} not found, "
            + $"{unavailable} answered 503, "
            + $"{found} links followed; {_figures}");
        return (found, notFound, unavailable);
    }
}
