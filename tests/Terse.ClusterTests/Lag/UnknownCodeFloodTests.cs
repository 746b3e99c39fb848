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
    private const int Flood = 5000;
    private const int PerSecond = 100;

    /// <summary>
    /// The number of concurrent requests. The number is lower than the connection pool's size, so that no
    /// request waits for a connection.
    /// </summary>
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 12 };

    private readonly Random _random = new(1);
    private readonly Figures _figures = new();
    private readonly List<Link> _links = [];
    private PostgresCluster _postgres = null!;
    private ServiceProvider _services = null!;
    private IdLayout _layout = null!;

    private HostState Replica => _services.GetRequiredService<Cluster>().Hosts[1].State;

    private ILinkStore Store => _services.GetRequiredService<ILinkStore>();

    private ILinkReader Reader => _services.GetRequiredService<ILinkReader>();

    private ICodeStrategy Strategy => _services.GetRequiredService<CodeStrategies>().Chosen;

    private DateTimeOffset ReplicaHorizon => Replica.Horizon;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 1);
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
    }

    public async ValueTask DisposeAsync()
    {
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
    [InlineData("young")]
    [InlineData("without time")]
    public async Task A_flood_of_unknown_young_codes_reaches_the_primary_within_the_budget(string kind)
    {
        var begin = TimeProvider.System.GetTimestamp();
        var codes = kind == "young"
            ? CreateCodes(() => CodeAt(ReplicaHorizon.AddHours(1).AddSeconds(_random.Next(100_000))))
            : CreateCodes(() => string.Create(CultureInfo.InvariantCulture, $"x{_random.Next()}"));
        var answers = await FollowAsync(codes);
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;

        Assert.InRange(_figures["terse.lookup.misses asked"], 1, PerSecond * (2 + seconds));
        Assert.Equal(_figures["terse.lookup.misses asked"], _figures["terse.lookups primary"]);
        Assert.Equal(_figures["terse.lookup.misses over_budget"], answers.Unavailable);
        Assert.Equal(Flood, answers.NotFound + answers.Unavailable);
        Assert.Equal(Flood, answers.Found);
    }

    private async Task CreateLinksAsync()
    {
        await using var mint = new IdMint(
            _services.GetRequiredService<INodeStore>(),
            CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions()),
            Options.Create(new ServerOptions()),
            TimeProvider.System,
            _figures,
            NullLogger<IdMint>.Instance);
        for (var number = 0; number < 20; number++)
        {
            var (id, layout) = await mint.MintAsync(default);
            _layout = layout;
            var code = Strategy.NewCode(id, layout);
            var now = TimeProvider.System.GetUtcNow();
            var link = new Link(id, "", code, $"https://example.com/{number}", now);
            if (await Store.AddAsync(link, layout.EndOf(id), default) == AddLinkResult.Added)
                _links.Add(link);
            else
                await mint.SynchronizeClockAsync(default);
        }

        var last = _layout.EndOf(_links[^1].Id);
        await Eventually.IsTrueAsync(() => Task.FromResult(
            ReplicaHorizon > last && Replica.IsInRotation));
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
