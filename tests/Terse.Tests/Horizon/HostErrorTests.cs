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
        { new NpgsqlException(Secret), "was lost" },
        { new InvalidOperationException(Secret), "InvalidOperationException" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void The_description_of_an_error_omits_the_driver_s_message(Exception error, string hint)
    {
        var description = HostUnavailableException.Describe(error);

        Assert.Contains(hint, description, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", description, StringComparison.Ordinal);
        Assert.DoesNotContain("db1", description, StringComparison.Ordinal);
    }
}
