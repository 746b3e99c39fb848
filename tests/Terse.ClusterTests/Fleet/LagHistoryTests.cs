using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class LagHistoryTests
{
    /// <summary>Each minute ends by the clock, so the test lasts up to a minute.</summary>
    [Fact]
    public async Task A_paused_replica_and_a_good_one_are_in_the_report_of_every_server()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await postgres.Replicas[0].PauseReplayAsync();
        await Eventually.IsTrueAsync(
            async () => await postgres.Primary.ReadAsync(
                "SELECT count(*) FROM host_lag WHERE beyond_1s > 1") >= 1,
            timeout: TimeSpan.FromMinutes(3));
        await postgres.Replicas[0].ResumeReplayAsync();

        foreach (var server in new[] { first, second })
        {
            string[][] rows = [];
            await Eventually.IsTrueAsync(async () =>
            {
                var shown = await Command.TerseAsync("lag", "--since", "1d", "--server", server.Url);
                Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
                rows = [.. shown.OutputLines.Select(Cells)];
                return rows.Length >= 5;
            });

            Assert.Equal(
                ["HOST", "DAY", "P50", "P99", "LONGEST", ">1 s", ">5 s", ">10 s", ">60 s", "MEASURED"],
                rows[0]);
            var paused = rows.First(row => row[0] == HostOf(postgres.ConnectionStrings.ElementAt(1)));
            Assert.True(double.Parse(paused[4][..^2], CultureInfo.InvariantCulture) > 1, paused[4]);
            var replicas = postgres.ConnectionStrings.Skip(1).Select(HostOf).Order(StringComparer.Ordinal);
            Assert.Equal(replicas, rows.Where(row => row[1] == "all").Select(row => row[0]));
        }
    }

    private static string[] Cells(string line) =>
        line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string HostOf(string connectionString)
    {
        var builder = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        return $"{builder.Host}:{builder.Port}";
    }
}
