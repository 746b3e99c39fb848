using System.CommandLine;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse links</c>, which shows and changes links through the API of a server.
/// </summary>
internal static class LinksCommand
{
    public static Command Create() => new("links", "Shows and changes the links of a server.")
    {
        LinksListCommand.Create(),
        LinksShowCommand.Create(),
        LinksEditCommand.Create(),
        LinksDeleteCommand.Create(),
        LinksDeleteCommand.CreateRestore(),
    };
}
