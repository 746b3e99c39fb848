using Npgsql;
using Terse.Horizon;

namespace Terse.Tests.Horizon;

public sealed class ReadLimitTests
{
    private static readonly ClusterOptions Options = new() { Hosts = [] };

    /// <summary>
    /// Otherwise the time limit of reports would have no effect, because Npgsql gives up before PostgreSQL.
    /// </summary>
    [Fact]
    public void Npgsql_waits_longer_for_a_report_than_PostgreSQL_works_on_it()
    {
        var host = new DatabaseHost(new HostAddress("db", "Host=127.0.0.1"), Options);
        using var connection = new NpgsqlConnection(host.Pools.Reads.ConnectionString);
        using var report = host.ReadOn(ConnectionShare.Reports, connection).CreateCommand("SELECT 1");
        using var lookup = host.ReadOn(ConnectionShare.Lookups, connection).CreateCommand("SELECT 1");

        Assert.Equal(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(report.CommandTimeout));
        Assert.True(TimeSpan.FromSeconds(report.CommandTimeout) > Options.ReportTimeout);
        Assert.Equal(Options.ReadTimeout, TimeSpan.FromSeconds(lookup.CommandTimeout));
    }

    /// <summary>
    /// The cancel request of Npgsql can be lost. A pooler keeps no settings of a connection.
    /// </summary>
    [Theory]
    [InlineData(1, "statement_timeout=2000")]
    [InlineData(1.5, "statement_timeout=3000")]
    public void PostgreSQL_ends_a_lookup_a_second_after_Npgsql_has_given_up(double seconds, string setting)
    {
        var options = new ClusterOptions { Hosts = [], ReadTimeout = TimeSpan.FromSeconds(seconds) };
        var host = new DatabaseHost(new HostAddress("db", "Host=127.0.0.1"), options);

        Assert.Contains(setting, host.Pools.Reads.ConnectionString, StringComparison.Ordinal);
        Assert.EndsWith(
            $"SET LOCAL {setting}", new ReadLimits(options).BeginPooledLookup, StringComparison.Ordinal);
    }
}
