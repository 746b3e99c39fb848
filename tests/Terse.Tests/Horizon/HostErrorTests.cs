using System.Net.Sockets;
using System.Security.Authentication;
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
        { new NpgsqlException(Secret, new AuthenticationException(Secret)), "TLS handshake" },
        { new InvalidOperationException(Secret), "InvalidOperationException" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void The_description_of_an_error_omits_the_driver_s_message(Exception error, string hint)
    {
        var description = HostErrors.Describe(error);

        Assert.Contains(hint, description, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", description, StringComparison.Ordinal);
        Assert.DoesNotContain("db1", description, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, bool> Refusals => new()
    {
        { new PostgresException("no password", "FATAL", "FATAL", "28P01"), true },
        { new PostgresException("no entry in pg_hba.conf", "FATAL", "FATAL", "28000"), true },
        { new PostgresException("no such database", "FATAL", "FATAL", "3D000"), true },
        { new PostgresException("starting up", "FATAL", "FATAL", "57P03"), false },
        { new PostgresException("too many connections", "FATAL", "FATAL", "53300"), false },
        { new NpgsqlException("no TLS"), true },
        { new NpgsqlException("handshake", new AuthenticationException("no such authority")), true },
        { new NpgsqlException("closed", new IOException("reset")), false },
        { new NpgsqlException("not open", new SocketException((int)SocketError.ConnectionRefused)), false },
        { new NpgsqlException("slow", new TimeoutException("slow")), false },
        { new FileNotFoundException("client.key"), true },
        { new OperationCanceledException("slow"), false },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_start_gives_up_only_on_errors_that_do_not_pass_by_themselves(
        Exception error, bool isRefusal) =>
        Assert.Equal(isRefusal, HostErrors.IsRefusal(error));

    [Theory]
    [InlineData("XX001", true)] // a corrupted page
    [InlineData("XX002", true)] // a corrupted index
    [InlineData("58030", true)] // an error of the disk
    [InlineData("22P05", false)] // a character that the database cannot store
    [InlineData("42P01", false)] // no such table
    public void A_read_moves_to_another_host_when_the_error_belongs_to_the_host(string state, bool isLost) =>
        Assert.Equal(isLost, HostRead.IsLost(new PostgresException("error", "ERROR", "ERROR", state)));

    [Theory]
    [InlineData("28P01", "no password (SQLSTATE 28P01)")]
    [InlineData("28000", "no password (SQLSTATE 28000)")]
    public void The_operator_sees_the_message_of_PostgreSQL(string state, string explanation) => Assert.Equal(
        explanation,
        HostErrors.Explain(new PostgresException("no password", "FATAL", "FATAL", state)));

    [Fact]
    public void The_operator_sees_why_a_TLS_handshake_failed() => Assert.Contains(
        "no such authority",
        HostErrors.Explain(
            new NpgsqlException("handshake", new AuthenticationException("no such authority"))),
        StringComparison.Ordinal);
}
