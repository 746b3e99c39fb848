using System.CommandLine;

namespace Terse.Commands;

/// <summary>The command <c>terse links show</c>, which shows a link with its visits.</summary>
internal static class LinksShowCommand
{
    public static Command Create()
    {
        var command = new Command("show", "Shows a link with its settings and its number of visits.")
        {
            LinkRequests.Code,
            LinkRequests.Domain,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => LinkRequests.ShowAsync(
            arguments, "terse links show", HttpMethod.Get, body: null, cancellationToken));
        return command;
    }
}
