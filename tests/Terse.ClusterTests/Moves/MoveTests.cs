using System.Globalization;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of <c>terse move</c> with a real PostgreSQL, while servers use the old database.</summary>
public sealed partial class MoveTests : IAsyncLifetime
{
    private const int LinksBefore = 3_000;

    private readonly TemporaryFolder _folder = new();
    private PostgresCluster _postgres = null!;

    private string[] Hosts => [.. PostgresCluster.SettingsOf(_postgres.ConnectionStrings)];

    public async ValueTask InitializeAsync() => _postgres = await PostgresCluster.StartAsync(replicas: 0);

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_move_to_PostgreSQL_and_back_keeps_every_link_change_and_visit()
    {
        string before;
        string once;
        IReadOnlyDictionary<string, string> targets;
        int visits;
        await using (var server = await MovedServer.StartAsync(_folder["data"]))
        {
            await MovedServer.FillAsync(server);
            once = await MovedServer.RepeatAsync(server);
            await using var load = new MoveLoad(server);
            await Parallel.ForEachAsync(
                Enumerable.Range(0, LinksBefore), async (_, _) => await load.CreateAsync());
            load.Start();
            await KillInTheMiddleAsync("--to", "postgres", "--data", _folder["data"]);
            var output = await MoveAsync("--to", "postgres", "--data", _folder["data"]);
            TestContext.Current.TestOutputHelper!.WriteLine(output);
            Assert.InRange(ReadOnlySeconds(output), 0, 5);

            // The old server redirects, refuses writes, and keeps visits until it has the new database.
            var (refused, followed) = (load.Refused, load.Visits);
            await Eventually.IsTrueAsync(() => Task.FromResult(
                load.Refused > refused + 10 && load.Visits > followed + 100));
            await load.StopAsync();
            Assert.Empty(load.Violations);
            (targets, visits) = (load.Targets, load.Visits);
            before = await MovedServer.DescribeAsync(server);
            Assert.Equal(0, await server.StopAsync());
        }

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => MovedServer.StartAsync(_folder["data"]));
        Assert.Contains("have moved to PostgreSQL 127.0.0.1", refusal.Message, StringComparison.Ordinal);
        var again = await MoveAsync("--to", "postgres", "--data", _folder["data"]);
        Assert.Contains("already", again, StringComparison.Ordinal);

        Assert.InRange(
            await _postgres.Primary.ReadAsync(
                "SELECT count(*) FROM event JOIN audit ON (audit.at, audit.id) = (audit_at, audit_id)"),
            targets.Count,
            long.MaxValue);
        await using var moved = await MovedServer.StartAsync(_folder["data"], Hosts);
        await AssertSameAsync(moved, before, targets);
        Assert.Equal(once, await MovedServer.RepeatAsync(moved));
        Assert.Equal(3, await MovedServer.UseUpAsync(moved)); // two of five visits were before the move
        await AssertVisitsAsync(moved, targets, visits);
        var newest = await _postgres.Primary.ReadAsync("SELECT max(id) FROM link");
        Assert.NotNull(await moved.CreateCodeAsync("https://example.com/new"));
        Assert.InRange(
            await _postgres.Primary.ReadAsync("SELECT max(id) FROM link"), newest + 1, long.MaxValue);
        await MoveBackAsync(moved, before, targets);
    }

    /// <summary>Moves back to SQLite under load, and compares again.</summary>
    private async Task MoveBackAsync(
        TerseProcess moved, string before, IReadOnlyDictionary<string, string> targets)
    {
        await using var load = new MoveLoad(moved);
        await load.CreateAsync();
        load.Start();
        await KillInTheMiddleAsync("--to", "sqlite", "--data", _folder["back"]);
        var output = await MoveAsync("--to", "sqlite", "--data", _folder["back"]);
        TestContext.Current.TestOutputHelper!.WriteLine(output);
        Assert.InRange(ReadOnlySeconds(output), 0, 5);
        var refused = load.Refused;
        await Eventually.IsTrueAsync(() => Task.FromResult(load.Refused > refused + 10));
        await load.StopAsync();
        Assert.Empty(load.Violations);
        Assert.Equal(0, await moved.StopAsync());

        // The visits that wait are in the folder of the server on PostgreSQL.
        foreach (var file in Directory.GetFiles(_folder["back"]))
            File.Copy(file, Path.Combine(_folder["data"], Path.GetFileName(file)), overwrite: true);
        await using var back = await MovedServer.StartAsync(_folder["data"]);
        await AssertSameAsync(back, before, targets);
        await Parallel.ForEachAsync(
            load.Targets, async (pair, _) => Assert.Equal(pair.Value, await back.FollowAsync(pair.Key)));
        Assert.Equal(0, await MovedServer.UseUpAsync(back));
        await AssertVisitsAsync(back, load.Targets, load.Visits + load.Targets.Count);
    }

    private static async Task AssertSameAsync(
        TerseProcess server, string before, IReadOnlyDictionary<string, string> targets)
    {
        Assert.Equal(before, await MovedServer.DescribeAsync(server));
        await Parallel.ForEachAsync(targets, async (pair, _) =>
        {
            var link = await server.ReadAsync($"/api/v1/links/{pair.Key}");
            Assert.Equal(pair.Value, link.GetProperty("target").GetString());
        });
    }

    /// <summary>Checks that the visits of some links add up to a number.</summary>
    private static async Task AssertVisitsAsync(
        TerseProcess server, IReadOnlyDictionary<string, string> links, int expected)
    {
        var counted = 0L;
        await Eventually.IsTrueAsync(async () =>
        {
            counted = 0;
            await Parallel.ForEachAsync(links.Keys, async (code, _) =>
            {
                var link = await server.ReadAsync($"/api/v1/links/{code}");
                Interlocked.Add(ref counted, link.GetProperty("visits").GetProperty("total").GetInt64());
            });
            return counted >= expected;
        });
        Assert.Equal(expected, counted);
    }

    /// <summary>Runs a move twice, and kills it when it reports the first table that it has copied.</summary>
    private async Task KillInTheMiddleAsync(params string[] options)
    {
        for (var run = 0; run < 2; run++)
        {
            using var mover = Command.Start(Repository.Program, ["move", .. options, .. Hosts]);
            Assert.Matches("^[a-z_]+: [0-9]+ rows", await mover.StandardOutput.ReadLineAsync());
            mover.Kill();
            await mover.WaitForExitAsync();
            Assert.Equal(137, mover.ExitCode);
        }
    }

    private async Task<string> MoveAsync(params string[] options)
    {
        var result = await Command.TerseAsync(["move", .. options, .. Hosts]);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Output;
    }

    private static double ReadOnlySeconds(string output) => double.Parse(
        Seconds().Match(output).Groups["seconds"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("for (?<seconds>[0-9.]+) s", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Seconds();
}
