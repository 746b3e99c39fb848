using System.CommandLine;
using System.Text.Json;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse top</c>, which shows rates, errors and states of all servers and database hosts: as a
/// live page in a terminal, or once for a script.
/// </summary>
internal static class TopCommand
{
    private static readonly Option<bool> Once = new("--once")
    {
        Description = "Prints one page of plain text after one interval, and ends.",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Like --once, but prints JSON.",
    };

    private static readonly Option<TimeSpan> Interval = new("--interval")
    {
        Description = "How long to measure for a page, 1s to 60s.",
        DefaultValueFactory = _ => TimeSpan.FromSeconds(2),
        CustomParser = TopInterval.Parse,
    };

    private static readonly Option<string[]> Metrics = new("--metrics")
    {
        Description = "Where to read the metrics of a server, instead of the addresses that the servers "
            + "report. Can be repeated.",
    };

    /// <summary>How long a server may take to show its metrics. It delays the page by no more.</summary>
    private static readonly TimeSpan MetricsLimit = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        Metrics.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (MetricsClient.ParseAddress(token.Value) is null)
                    result.AddError("--metrics must be a URL without a path such as http://127.0.0.1:9464.");
            }
        });
        var command = new Command("top", "Shows what all servers and database hosts do, again and again.")
        {
            ServerOption.Server,
            Once,
            Json,
            Interval,
            Metrics,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        if (await ServerOption.ReadAsync(arguments) is not { } server)
            return ServerOption.WrongEnvironment;

        var time = TimeProvider.System;
        var isOnce = arguments.GetValue(Once) || arguments.GetValue(Json);
        if (!isOnce && !LiveScreen.IsPossible)
            return await FailAsync("the output is no terminal that can show a live page; use --once.");
        using var client = new ServerClient(server, maxConnections: 1);
        using var metrics = new MetricsClient(MetricsLimit, time);
        var watch = new FleetWatch(client, metrics, arguments.GetValue(Metrics) ?? [], time);
        var first = await watch.ReadAsync(cancellationToken);
        if (first is { Error: { } error, Hosts.Count: 0, Servers.Count: 0 })
            return await FailAsync(error);

        var interval = arguments.GetValue(Interval);
        var address = server.GetLeftPart(UriPartial.Authority);
        if (isOnce)
        {
            await Task.Delay(interval, time, cancellationToken);
            return await PrintAsync(await watch.ReadAsync(cancellationToken), address, arguments);
        }

        return await new LivePage(watch, address, interval, time).RunAsync(first);
    }

    private static async Task<int> PrintAsync(FleetFigures fleet, string address, ParseResult arguments)
    {
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(fleet, TopJson.Default.FleetFigures));
        }
        else
        {
            foreach (var line in TopPage.ForScript(fleet, address))
                await output.WriteLineAsync(line.ToString());
        }

        return fleet.Error is { } error ? await FailAsync(error) : 0;
    }

    private static async Task<int> FailAsync(string error)
    {
        await Console.Error.WriteLineAsync($"terse top: {VisibleText.Of(error)}");
        return 1;
    }
}
