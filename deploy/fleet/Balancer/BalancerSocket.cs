using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Terse.FleetTool;

/// <summary>
/// Sends commands to the running HAProxy (HAProxy Management Guide, section 9.3, "Unix Socket commands").
/// </summary>
internal static class BalancerSocket
{
    /// <summary>Relative to the folder of the fleet, which is the working folder.</summary>
    public const string Path = "run/balancer.sock";

    public static readonly IReadOnlyList<string> Backends = ["redirects", "api"];

    /// <summary>Returns the state of a server in each backend.</summary>
    public static async Task<IReadOnlyList<BalancerRow>> ReadAsync(string server) =>
        BalancerRow.Parse(await ExchangeAsync("show stat"), server);

    /// <summary>Sends a command that has no answer if it succeeds.</summary>
    public static async Task SendAsync(string command)
    {
        var answer = (await ExchangeAsync(command)).Trim();
        // HAProxy reports a changed address as a success.
        if (answer.Length > 0 && !command.Contains(" addr ", StringComparison.Ordinal))
            throw new FleetException($"HAProxy refused '{command}': {answer}");
    }

    private static async Task<string> ExchangeAsync(string command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        }
        catch (SocketException exception)
        {
            throw new FleetException(
                $"The balancer does not answer ({exception.SocketErrorCode}); repair it: ./fleet up");
        }

        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}

/// <summary>A server in one backend, as HAProxy sees it.</summary>
internal sealed record BalancerRow(string Backend, int RunningRequests, string Status)
{
    /// <summary>Reads the lines of a server from the answer to <c>show stat</c>.</summary>
    public static IReadOnlyList<BalancerRow> Parse(string csv, string server)
    {
        var lines = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var names = lines[0].TrimStart('#', ' ').Split(',').ToList();
        return
        [
            .. from line in lines.Skip(1)
               let fields = line.Split(',')
               where fields[names.IndexOf("svname")] == server
               select new BalancerRow(
                   fields[names.IndexOf("pxname")],
                   int.Parse(fields[names.IndexOf("scur")], CultureInfo.InvariantCulture),
                   fields[names.IndexOf("status")]),
        ];
    }
}
