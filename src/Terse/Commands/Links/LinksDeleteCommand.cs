using System.CommandLine;

namespace Terse.Commands;

/// <summary>
/// The commands <c>terse links delete</c> and <c>terse links restore</c>, which delete a link and bring it
/// back.
/// </summary>
internal static class LinksDeleteCommand
{
    private static readonly Option<bool> Erase = new("--erase")
    {
        Description = "Removes the target, all texts and the visits of the link for good.",
    };

    public static Command Create()
    {
        var command = new Command("delete", "Deletes a link. Its code stays taken.")
        {
            LinkRequests.Code,
            LinkRequests.Domain,
            Erase,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            var (method, action, done) = arguments.GetValue(Erase)
                ? (HttpMethod.Post, "/erase", "The link is erased; its visits are deleted in the background.")
                : (HttpMethod.Delete, "", "The link is deleted; 'terse links restore' brings it back.");
            return LinkRequests.SendAsync(
                arguments, "terse links delete", method, action, done, cancellationToken);
        });
        return command;
    }

    public static Command CreateRestore()
    {
        var command = new Command("restore", "Makes a deleted link work again, and shows the link.")
        {
            LinkRequests.Code,
            LinkRequests.Domain,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => LinkRequests.ShowAsync(
            arguments, "terse links restore", HttpMethod.Post, body: null, cancellationToken, "/restore"));
        return command;
    }
}
