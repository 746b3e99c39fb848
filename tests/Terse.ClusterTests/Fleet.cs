using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Servers over one PostgreSQL cluster, and the faults that befall them.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly PostgresCluster _postgres;
    private readonly TerseProcess[] _servers;

    private Fleet(PostgresCluster postgres, TerseProcess[] servers)
    {
        _postgres = postgres;
        _servers = servers;
    }

    public IReadOnlyList<TerseProcess> Servers => _servers;

    public static async Task<Fleet> StartAsync(PostgresCluster postgres, int servers) =>
        new(postgres, await Task.WhenAll(Enumerable.Range(0, servers).Select(_ => ServeAsync(postgres))));

    public static Task<TerseProcess> ServeAsync(PostgresCluster postgres) => TerseProcess.StartAsync(
        Repository.Program,
        ["serve", "--urls", "http://127.0.0.1:0", .. SettingsOf(postgres)]);

    public static IEnumerable<string> SettingsOf(PostgresCluster postgres) =>
        postgres.ConnectionStrings.SelectMany((host, index) =>
            new[] { string.Create(CultureInfo.InvariantCulture, $"--Database:Hosts:{index}"), host });

    public TerseProcess Any(Random random) => Volatile.Read(ref _servers[random.Next(_servers.Length)]);

    /// <summary>One fault, and its end. Returns what it was.</summary>
    public async Task<string> SufferAsync(Random random, TimeSpan length, CancellationToken stopping)
    {
        var replica = _postgres.Replicas[random.Next(_postgres.Replicas.Count)];
        switch (random.Next(5))
        {
            case 0:
                await replica.PauseReplayAsync();
                await PassAsync(length, stopping);
                await replica.ResumeReplayAsync();
                return "replay paused";
            case 1:
                await replica.KillAsync();
                await PassAsync(length, stopping);
                await replica.StartAsync();
                return "replica killed";
            case 2:
                _postgres.Primary.Pause();
                await PassAsync(length, stopping);
                _postgres.Primary.Resume();
                return "primary stopped";
            case 3:
                var paused = Any(random);
                paused.Pause();
                await PassAsync(length, stopping);
                paused.Resume();
                return "server stopped";
            default:
                await KillServerAsync(random.Next(_servers.Length));
                return "server killed";
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private async Task KillServerAsync(int index)
    {
        var heir = await ServeAsync(_postgres);
        var killed = Interlocked.Exchange(ref _servers[index], heir);
        await killed.KillAsync();
        await killed.DisposeAsync();
    }

    private static async Task PassAsync(TimeSpan length, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(length, TimeProvider.System);
        try
        {
            await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // The run is over; the fault ends with it.
        }
    }
}
