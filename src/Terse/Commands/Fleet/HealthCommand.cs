using System.CommandLine;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse health</c>, which probes a server. It lets containers without a shell check their
/// health.
/// </summary>
internal static class HealthCommand
{
    private const string Live = "live";
    private const string Redirects = "redirects";
    private const string Creations = "creations";

    public static Command Create()
    {
        var purpose = new Option<string>("--for")
        {
            Description = "What the server should be ready for; with 'live', whether it answers at all.",
            DefaultValueFactory = _ => Redirects,
        };
        purpose.AcceptOnlyFromAmong(Redirects, Creations, Live);
        var command = new Command("health", "Checks whether a server is ready.")
        {
            purpose,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.SendAsync(
            arguments,
            "terse health",
            () => ServerRequests.New(HttpMethod.Get, PathOf(arguments.GetValue(purpose)!), body: null),
            $"The server is {DescriptionOf(arguments.GetValue(purpose)!)}.",
            cancellationToken));
        return command;
    }

    private static string PathOf(string purpose) =>
        purpose == Live ? "/health/live" : $"/health/ready?for={purpose}";

    private static string DescriptionOf(string purpose) =>
        purpose == Live ? "alive" : $"ready for {purpose}";
}
