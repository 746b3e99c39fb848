using System.CommandLine;
using System.Globalization;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse lag</c>, which shows how far the replicas lagged behind the primary.
/// </summary>
internal static class LagCommand
{
    private const string NoLag =
        "No lag is stored for this period: there is no replica, or no minute has ended in it.";

    private static readonly Option<string> Since = new("--since")
    {
        Description = "The start of the period: days such as 7d, hours such as 12h, or an instant such as "
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
        command.SetAction((arguments, cancellationToken) => ServerRequests.ShowAsync(
            arguments,
            "terse lag",
            $"{LagEndpoints.Path}?since={Uri.EscapeDataString(arguments.GetValue(Since)!)}",
            ServerAnswerJson.Default.LagResource,
            IsComplete,
            WriteAsync,
            cancellationToken));
        return command;
    }

    private static bool IsComplete(LagResource lag) =>
        lag is { Bounds: { } bounds, Lags: not null }
        && lag.Lags.All(one => one is { Host: not null, Beyond: { } beyond }
            && beyond.Count == bounds.Count
            && beyond.Concat([one.Measured, one.P50, one.P99, one.Longest]).All(IsDuration));

    private static bool IsDuration(double seconds) => seconds is >= 0 and < 1e10;

    private static Task WriteAsync(LagResource lag, TextWriter output) => lag.Lags.Count == 0
        ? output.WriteLineAsync(NoLag)
        : TextTable.WriteAsync(output, [HeadOf(lag), .. lag.Lags.Select(CellsOf)]);

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
