using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse hosts</c>, which shows the database hosts and the Terse servers as one Terse server
/// sees them.
/// </summary>
internal static class HostsCommand
{
    public const string NoHosts = "There are no database hosts: the links are stored in SQLite.";

    public static Command Create()
    {
        var command = new Command(
            "hosts", "Shows the database hosts and the servers as one server sees them.")
        {
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.ShowAsync(
            arguments,
            "terse hosts",
            FleetEndpoints.Path,
            ServerAnswerJson.Default.FleetResource,
            fleet => fleet is { Hosts: not null, Servers: not null },
            WriteAsync,
            cancellationToken));
        return command;
    }

    private static async Task WriteAsync(FleetResource fleet, TextWriter output)
    {
        if (fleet.Hosts.Count == 0)
        {
            await output.WriteLineAsync(NoHosts);
        }
        else
        {
            string[] head = ["HOST", "ROLE", "STATE", "TIMELINE", "LAG", "READS", "HORIZON", "ERROR"];
            await TextTable.WriteAsync(output, [head, .. fleet.Hosts.Select(CellsOf)]);
        }

        await output.WriteLineAsync();
        if (fleet.ServersError is { } error)
        {
            await output.WriteLineAsync($"The servers cannot be read: {VisibleText.Of(error)}");
        }
        else
        {
            string[] head =
            [
                "SERVER", "NODE", "ZONE", "VERSION", "CONFIGURATION", "SHARED", "SINCE", "SEEN", "ANSWERING",
            ];
            await TextTable.WriteAsync(output, [head, .. fleet.Servers.Select(CellsOf)]);
        }
    }

    private static string[] CellsOf(FleetHost host) =>
    [
        host.Name,
        Name(host.Role),
        Name(host.State),
        Text(host.Timeline),
        host.Lag is { } lag ? $"{Text(lag)} s" : "-",
        Text(host.ReadsInFlight),
        Text(host.Horizon),
        host.Error ?? "-",
    ];

    private static string[] CellsOf(FleetServer server) =>
    [
        server.Name,
        Text(server.Node),
        server.Zone ?? "-",
        server.Version,
        server.Configuration,
        Text(server.SharedConfiguration),
        Text(server.Since),
        Text(server.SeenAt),
        server.Answering ? "yes" : "-",
    ];

    /// <summary>Returns the name that the JSON uses for an enum value.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static string Text(FleetConfiguration? shared) => shared switch
    {
        null => "-",
        { Refused: { } refused } => $"{shared.Version} (refuses {refused})",
        { Problem: not null } => $"{shared.Version} (cannot be read)",
        { NeedsRestart.Count: > 0 } => $"{shared.Version} (needs a restart)",
        { IsTrial: true } => $"{shared.Version} (trial)",
        _ => shared.Version,
    };

    private static string Text(DateTime? instant) =>
        instant?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "-";

    private static string Text(double? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
