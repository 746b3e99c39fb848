using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Runs the program of the commit before the newest migration (<c>tests/earlier</c> builds it) and this one
/// on one database, behind a balancer, under load that counts every request.
/// </summary>
public sealed class TwoVersionsTests(ITestOutputHelper output)
{
    private const string Configuration =
        """
        defaults
            mode http
            timeout connect 1s
            timeout client 30s
            timeout server 30s
            timeout check 1s
            retries 0
        frontend balancer
            bind 127.0.0.1:@PORT@
            stats uri /stats
            default_backend servers
        backend servers
            balance roundrobin
            option httpchk GET /readyz
            default-server check inter 200ms fall 2 rise 1
            server first 127.0.0.1:@FIRST@
            server second 127.0.0.1:@SECOND@
        """;

    private const string ReadVersion = "SELECT version::bigint FROM schema_version";

    /// <summary>
    /// All servers go from the earlier program to this one, back on the new schema, and to this one again.
    /// The first server of this program migrates the database. Between two steps, both versions serve.
    /// </summary>
    [Fact]
    public async Task No_request_fails_while_servers_go_over_the_newest_migration_and_back()
    {
        var built = await Command.RunAsync(Path.Combine(Repository.Root, "tests/earlier"), []);
        Assert.True(built.ExitCode == 0, built.Errors);
        var earlier = built.OutputLines.Last();
        await using var fleet = await TwoServers.StartAsync(earlier, Configuration);
        var before = await fleet.Postgres.Primary.ReadAsync(ReadVersion);
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        foreach (var program in (string[])[Repository.Program, earlier, Repository.Program])
        {
            foreach (var server in (int[])[0, 1])
            {
                await load.ContinueAsync(requests: 300);
                await fleet.ReplaceAsync(server, program);
                output.WriteLine($"{program}: {load.Requests} requests, {load.Failures.Count} failed");
            }
        }

        await load.ContinueAsync(requests: 300);
        await load.StopAsync(fleet.Urls);
        Assert.Empty(load.Failures);
        Assert.Equal(before + 1, await fleet.Postgres.Primary.ReadAsync(ReadVersion));
    }

    /// <summary>Two servers behind a balancer that repeats no request, and their databases.</summary>
    private sealed class TwoServers : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(_ => FreePort.Find())];
        private readonly TerseProcess?[] _servers = new TerseProcess?[2];
        private readonly HttpClient _http = new();
        private HaProxy? _balancer;

        public PostgresCluster Postgres { get; private set; } = null!;

        public Uri Balancer => new($"http://127.0.0.1:{_ports[2]}");

        public IEnumerable<Uri> Urls => _servers.OfType<TerseProcess>().Select(server => new Uri(server.Url));

        public static async Task<TwoServers> StartAsync(string program, string configuration)
        {
            var servers = new TwoServers { Postgres = await PostgresCluster.StartAsync(replicas: 1) };
            try
            {
                await servers.ServeAsync(0, program);
                await servers.ServeAsync(1, program);
                servers._balancer = await HaProxy.StartAsync(
                    configuration
                        .Replace("@PORT@", $"{servers._ports[2]}", StringComparison.Ordinal)
                        .Replace("@FIRST@", $"{servers._ports[0]}", StringComparison.Ordinal)
                        .Replace("@SECOND@", $"{servers._ports[1]}", StringComparison.Ordinal),
                    servers._ports[2]);
                await Eventually.IsTrueAsync(servers.AreUpAsync);
                return servers;
            }
            catch
            {
                await servers.DisposeAsync();
                throw;
            }
        }

        /// <summary>Stops a server, and starts another program in its place.</summary>
        public async Task ReplaceAsync(int server, string program)
        {
            Assert.Equal(0, await _servers[server]!.StopAsync());
            await _servers[server]!.DisposeAsync();
            _servers[server] = null;
            await ServeAsync(server, program);
            await Eventually.IsTrueAsync(AreUpAsync);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in _servers.OfType<TerseProcess>())
                await server.DisposeAsync();
            if (_balancer is not null)
                await _balancer.DisposeAsync();
            await Postgres.DisposeAsync();
            _http.Dispose();
            _folder.Dispose();
        }

        private async Task ServeAsync(int server, string program)
        {
            _servers[server] = await TerseProcess.StartAsync(
                program,
                [
                    "serve",
                    "--urls", $"http://127.0.0.1:{_ports[server]}",
                    "--data", _folder[$"{server}"],
                    "--Domains:Default", Balancer.Authority,
                    "--Domains:Scheme", "http",
                    "--Drain:Delay", "00:00:02",
                    .. PostgresCluster.SettingsOf(Postgres.ConnectionStrings),
                ]);
        }

        private async Task<bool> AreUpAsync()
        {
            var stats = await _http.GetStringAsync(new Uri(Balancer, "/stats;csv"));
            return stats.Split('\n').Count(line =>
                line.StartsWith("servers,", StringComparison.Ordinal)
                && !line.Contains(",BACKEND,", StringComparison.Ordinal)
                && line.Contains(",UP,", StringComparison.Ordinal)) == 2;
        }
    }
}
