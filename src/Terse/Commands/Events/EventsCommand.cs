using System.CommandLine;
using System.Runtime.InteropServices;
using Terse.Events;

namespace Terse.Commands;

/// <summary>The command <c>terse events</c>, which prints events, also while they happen.</summary>
internal static class EventsCommand
{
    private const string Name = "terse events";

    private static readonly Option<bool> Follow = new("--follow")
    {
        Description = "Waits for further events, until Ctrl+C.",
    };

    private static readonly Option<string> Since = new("--since")
    {
        Description = "The id of the event after which to begin. [default: now]",
    };

    private static readonly (Option<string[]> Option, string Parameter)[] Filters =
    [
        (Repeated("--types", "Only these types, such as link.created or link."), EventParameters.Types),
        (Repeated("--domain", "Only links of this domain."), EventParameters.Domains),
        (Repeated("--tag", "Only links with this tag."), EventParameters.Tags),
        (Repeated("--link", "Only the link with this id."), EventParameters.Links),
    ];

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints each event as a CloudEvent, one JSON object a line.",
    };

    public static Command Create()
    {
        var command = new Command("events", "Prints events, also while they happen.")
        {
            Follow,
            Since,
            ServerOption.Server,
            Json,
        };
        foreach (var (option, _) in Filters)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (!result.GetValue(Follow) && result.GetValue(Since) is null)
                result.AddError("Send --follow to wait for events, or --since ID to print past ones.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        ServerRequests.RunAsync(arguments, Name, async client =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            var output = arguments.InvocationConfiguration.Output;
            var isJson = arguments.GetValue(Json);
            var reader = new EventReader(
                client,
                PathOf(arguments),
                json => output.WriteLineAsync(isJson ? json : EventLines.Of(json) ?? VisibleText.Of(json)),
                reason => Console.Error.WriteLineAsync($"{Name}: {VisibleText.Of(reason)} Trying again."),
                TimeProvider.System)
            {
                LastId = arguments.GetValue(Since),
            };
            try
            {
                return await reader.RunAsync(arguments.GetValue(Follow), stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return null;
            }

            void Stop(PosixSignalContext signal)
            {
                signal.Cancel = true;
                stop.Cancel();
            }
        });

    private static string PathOf(ParseResult arguments)
    {
        var parameters = Filters
            .SelectMany(filter => (arguments.GetValue(filter.Option) ?? []).Select(value => (filter, value)))
            .Select(pair => $"{pair.filter.Parameter}={Uri.EscapeDataString(pair.value)}");
        return $"{EventEndpoints.Path}?{string.Join('&', parameters)}";
    }

    private static Option<string[]> Repeated(string name, string description) =>
        new(name) { Description = description + " Can be repeated." };
}
