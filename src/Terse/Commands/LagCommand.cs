using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse lag</c>, which shows how far the replicas lagged behind the primary.
/// </summary>
internal static class LagCommand
{
    private const string NoLag = "No lag is known: there is no replica, or its first minute has not ended.";

    private static readonly Option<string> Since = new("--since")
    {
        Description = "The begin of the period: days such as 7d, hours such as 12h, or an instant such as "
            + "2027-01-31T12:00:00Z, with an offset from UTC.",
        DefaultValueFactory = _ => "7d",
    };

    public static Command Create()
    {
        var command = new Command("lag", "Shows how far the replicas lagged behind the primary.")
        {
            Since,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.RunAsync(
            arguments, "terse lag", client => RunAsync(client, arguments, cancellationToken)));
        return command;
    }

    private static async Task<string?> RunAsync(
        ServerClient client, ParseResult arguments, CancellationToken cancellationToken)
    {
        var path = $"{LagEndpoints.Path}?since={Uri.EscapeDataString(arguments.GetValue(Since)!)}";
        using var request = ServerRequests.New(HttpMethod.Get, path, body: null);
        var (answer, error) = await client.SendAsync(
            request, ServerAnswerJson.Default.JsonObject, cancellationToken);
        if (answer is null || Read(answer) is not { } lag)
            return error ?? client.NotTerseError;

        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(JsonOutput.Json))
            await output.WriteLineAsync(answer.ToJsonString(JsonOutput.Indented));
        else if (lag.Lags.Count == 0)
            await output.WriteLineAsync(NoLag);
        else
            await TextTable.WriteAsync(output, [HeadOf(lag), .. lag.Lags.Select(CellsOf)]);
        return null;
    }

    /// <summary>Returns null if the answer does not come from a Terse server.</summary>
    private static LagResource? Read(JsonObject answer)
    {
        try
        {
            var lag = answer.Deserialize(ServerAnswerJson.Default.LagResource);
            return lag is { Bounds: not null, Lags: not null } ? lag : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string[] HeadOf(LagResource lag) =>
    [
        "HOST", "DAY", "P50", "P99", "LONGEST",
        .. lag.Bounds.Select(bound => $">{Seconds(bound)}"),
        "MEASURED",
    ];

    private static string[] CellsOf(LagSummary lag) =>
    [
        lag.Host,
        lag.Day?.ToString("O", CultureInfo.InvariantCulture) ?? "all",
        Seconds(lag.P50),
        Seconds(lag.P99),
        Seconds(lag.Longest),
        .. lag.Beyond.Select(Duration),
        Duration(lag.Measured),
    ];

    private static string Seconds(double seconds) => FormattableString.Invariant($"{seconds:0.###} s");

    /// <summary>Writes a duration with its largest units, such as <c>2 h 5 min</c>.</summary>
    private static string Duration(double seconds)
    {
        var duration = TimeSpan.FromSeconds(Math.Round(seconds));
        return duration switch
        {
            { TotalMinutes: < 1 } => FormattableString.Invariant($"{duration.Seconds} s"),
            { TotalHours: < 1 } =>
                FormattableString.Invariant($"{duration.Minutes} min {duration.Seconds} s"),
            _ => FormattableString.Invariant($"{(int)duration.TotalHours} h {duration.Minutes} min"),
        };
    }
}
