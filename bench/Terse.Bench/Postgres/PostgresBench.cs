using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// A Terse server with a PostgreSQL primary and its replicas on this machine. The PostgreSQL hosts have the
/// default durability and as much memory as on a small server. Benchmarks also measure the primary without
/// Terse, for comparison.
/// </summary>
internal sealed partial class PostgresBench : IAsyncDisposable
{
    /// <summary>
    /// Overrides the PostgreSQL settings of the tests, which disable fsync and give PostgreSQL little memory.
    /// </summary>
    private static readonly string[] Settings =
        ["fsync = on", "full_page_writes = on", "shared_buffers = '2GB'"];

    private readonly TemporaryFolder _folder;
    private readonly Func<Task<TerseProcess>> _serve;

    private PostgresBench(
        PostgresCluster postgres, TemporaryFolder folder, TerseProcess server, Func<Task<TerseProcess>> serve)
    {
        (_folder, _serve) = (folder, serve);
        Postgres = postgres;
        Server = server;
    }

    public PostgresCluster Postgres { get; }

    public TerseProcess Server { get; }

    public Uri Address => Server.Http.BaseAddress!;

    public static Task<PostgresBench> StartAsync(string program, params string[] settings) =>
        StartAsync(program, replicas: 1, countsStatements: false, settings);

    /// <param name="program">The path of the Terse server.</param>
    /// <param name="replicas">The number of replicas.</param>
    /// <param name="countsStatements">
    /// Whether the hosts count their statements (<see cref="StatementStatistics"/>).
    /// </param>
    /// <param name="settings">Further settings of the Terse server.</param>
    public static async Task<PostgresBench> StartAsync(
        string program, int replicas, bool countsStatements, params string[] settings)
    {
        var folder = new TemporaryFolder();
        var postgres = await PostgresCluster.StartAsync(replicas);
        try
        {
            if (countsStatements)
                await StatementStatistics.EnableAsync(postgres);
            foreach (var host in postgres.Servers)
            {
                foreach (var setting in Settings)
                    await host.ExecuteAsync($"ALTER SYSTEM SET {setting}");
                await host.StopAsync();
                await host.StartAsync();
            }

            var hosts = PostgresCluster.SettingsOf(postgres.ConnectionStrings);
            Func<Task<TerseProcess>> serve =
                () => SqliteLinks.ServeAsync(
                    program, new TemporaryFolder(folder.Path), [.. hosts, .. settings]);
            return new(postgres, folder, await serve(), serve);
        }
        catch
        {
            await postgres.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Starts a further server with the same settings on the same databases.</summary>
    public Task<TerseProcess> AddServerAsync() => _serve();

    /// <summary>
    /// Inserts links with the codes <c>b1</c>, <c>b2</c>, …, and waits until all replicas have them.
    /// </summary>
    public async Task InsertLinksAsync(int links)
    {
        await Postgres.Primary.ExecuteAsync(
            $"""
            INSERT INTO link (id, domain, code, target, created_at, written_at)
            SELECT n, '', 'b' || n, 'https://example.com/a/long/way/' || n, now(), now() + interval '1 hour'
            FROM generate_series(1, {links}) AS n
            """);
        await Postgres.Primary.ExecuteAsync("VACUUM ANALYZE link");
        foreach (var replica in Postgres.Replicas)
        {
            await Eventually.IsTrueAsync(async () =>
                await replica.ReadAsync("SELECT count(*) FROM link") == links);
        }
    }

    /// <summary>
    /// Returns how often per second the horizon advanced until <paramref name="work"/> ended. The horizon is
    /// the time up to which the database accepts no more links. Reads the horizon every 20 ms and counts its
    /// changes.
    /// </summary>
    public async Task<double> CountBeatsAsync(Task work)
    {
        await using var source = NpgsqlDataSource.Create(Postgres.Primary.ConnectionString);
        await using var select = source.CreateCommand("SELECT closed_at FROM horizon");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var begin = TimeProvider.System.GetTimestamp();
        var seen = new HashSet<object?>();
        while (!work.IsCompleted)
        {
            seen.Add(await select.ExecuteScalarAsync());
            await timer.WaitForNextTickAsync();
        }

        return (seen.Count - 1) / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>
    /// Runs a script with pgbench and prepared statements on the primary, and returns the transactions per
    /// second.
    /// </summary>
    public async Task<double> RunPgbenchAsync(string script, int clients, TimeSpan time)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["script.sql"], script);
        var connection = new NpgsqlConnectionStringBuilder(Postgres.Primary.ConnectionString);
        var result = await Command.RunAsync("/usr/lib/postgresql/15/bin/pgbench", [.. string.Create(
            CultureInfo.InvariantCulture,
            $"-n -M prepared -c {clients} -j {Environment.ProcessorCount} -T {time.TotalSeconds} ")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries),
            .. string.Create(CultureInfo.InvariantCulture, $"-h 127.0.0.1 -p {connection.Port} -U terse -f")
            .Split(' '),
            folder["script.sql"],
            "terse"]);
        return Rate().Match(result.Output) is { Success: true } rate
            ? double.Parse(rate.Groups["rate"].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"pgbench: {result.Errors}{result.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Postgres.DisposeAsync();
        _folder.Dispose();
    }

    [GeneratedRegex("tps = (?<rate>[0-9.]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Rate();
}
