using Terse.Horizon;

namespace Terse.Tests.Horizon;

public sealed class HostSettingsTests
{
    private static readonly HostSettings Good = new(150_018, "UTF8", "on", "read committed", "origin", "on");

    public static TheoryData<string, int> Wrong => new()
    {
        { "PostgreSQL 14", 0 },
        { "PostgreSQL 19", 1 },
        { "SQL_ASCII", 2 },
        { "session_replication_role", 3 },
        { "synchronous_commit is 'remote_write'", 4 },
        { "default_transaction_isolation is 'serializable'", 5 },
        { "fsync", 6 },
    };

    private static readonly HostSettings[] Hosts =
    [
        Good with { Version = 140_011 },
        Good with { Version = 190_001 },
        Good with { Encoding = "SQL_ASCII" },
        Good with { ReplicationRole = "replica" },
        Good with { SynchronousCommit = "remote_write" },
        Good with { Isolation = "serializable" },
        Good with { Fsync = "off" },
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_setting_that_breaks_a_promise_is_named(string name, int host)
    {
        var problem = Assert.Single(Hosts[host].FindErrors().Concat(Hosts[host].FindWarnings()));

        Assert.Contains(name, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("on")]
    [InlineData("remote_apply")]
    public void Good_settings_have_no_problem(string synchronousCommit)
    {
        var host = Good with { SynchronousCommit = synchronousCommit };

        Assert.Empty(host.FindErrors().Concat(host.FindWarnings()));
    }
}
