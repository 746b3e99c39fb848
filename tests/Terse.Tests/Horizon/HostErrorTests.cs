using System.Net.Sockets;
using Npgsql;
using Terse.Horizon;

namespace Terse.Tests.Horizon;

public sealed class HostErrorTests
{
    private const string Secret = "Host=db1;Password=hunter2";

    public static TheoryData<Exception, string> Errors => new()
    {
        { new PostgresException(Secret, "FATAL", "FATAL", "28P01"), "28P01" },
        { new NpgsqlException(Secret, new SocketException((int)SocketError.ConnectionRefused)), "Refused" },
        { new NpgsqlException(Secret, new TimeoutException(Secret)), "in time" },
        { new OperationCanceledException(Secret), "in time" },
        { new NpgsqlException(Secret), "broke off" },
        { new InvalidOperationException(Secret), "InvalidOperationException" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Why_a_host_is_lost_is_told_without_what_the_driver_may_repeat(Exception error, string hint)
    {
        var told = HostUnavailableException.Describe(error);

        Assert.Contains(hint, told, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", told, StringComparison.Ordinal);
        Assert.DoesNotContain("db1", told, StringComparison.Ordinal);
    }
}
