using System.Globalization;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ActivatedSocketsTests
{
    private const int Process = 4711;

    [Theory]
    [InlineData("4711", "1", null, "3 unknown")]
    [InlineData("4711", "2", "http:https", "3 http, 4 https")]
    [InlineData("4711", "2", "http", "3 http, 4 unknown")]
    [InlineData("4712", "1", "http", "")]
    [InlineData("4711", "0", "http", "")]
    [InlineData("4711", "-1", "http", "")]
    [InlineData("4711", "65", "http", "")]
    [InlineData("4711", "one", "http", "")]
    [InlineData("4711", null, "http", "")]
    [InlineData(null, "1", "http", "")]
    public void Sockets_are_those_that_the_environment_passes_to_this_process(
        string? process, string? count, string? names, string expected)
    {
        var sockets = ActivatedSockets.Read(
            name => name switch
            {
                "LISTEN_PID" => process,
                "LISTEN_FDS" => count,
                "LISTEN_FDNAMES" => names,
                _ => null,
            },
            Process);

        var texts = sockets.Select(socket =>
            string.Create(CultureInfo.InvariantCulture, $"{socket.Handle} {socket.Name}"));
        Assert.Equal(expected, string.Join(", ", texts));
    }
}
