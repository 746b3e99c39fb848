using System.Net.Sockets;
using Npgsql;
using Terse.Horizon;

namespace Terse.Tests.Horizon;

public sealed class HostReadTests
{
    private static readonly ClusterOptions Options = new() { Hosts = [] };
    private static readonly ClusterIdentity Identity = new(1, 1, Guid.Empty);

    public static TheoryData<Exception, bool> Errors => new()
    {
        { new NpgsqlException("slow", new TimeoutException()), false },
        { new TimeoutException(), false },
        { new PostgresException("canceled", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled), false },
        { new PostgresException("too many", "FATAL", "FATAL", PostgresErrorCodes.TooManyConnections), false },
        { new PostgresException("stopping", "FATAL", "FATAL", PostgresErrorCodes.AdminShutdown), true },
        { new NpgsqlException("reset", new IOException()), true },
        { new SocketException((int)SocketError.ConnectionRefused), true },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void New_reads_avoid_a_host_after_a_lost_connection_and_not_after_a_slow_statement(
        Exception error, bool isAvoided)
    {
        HostStatus[] hosts = [new("primary"), new("replica")];
        var registry = new HostRegistry(hosts, Options, TimeProvider.System, new Random(1));
        registry.Update(hosts[0], StateOf(HostRole.Primary));
        registry.Update(hosts[1], StateOf(HostRole.Replica));
        using var read = new HostRead(registry, Freshness.Any);
        Assert.Equal(1, read.Host);
        read.Move(error);

        using var next = new HostRead(registry, Freshness.Any);
        Assert.Equal((0, isAvoided ? 0 : 1), (read.Host, next.Host));
        Assert.Equal(isAvoided, new HostUnavailableException("failed", error).IsHostLost);
    }

    private static HostState StateOf(HostRole role) => new(
        role, Identity, DateTimeOffset.UnixEpoch, Failures: 0, IsInRotation: false, Error: null);
}
