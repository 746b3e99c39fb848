using System.CommandLine;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse codes</c>, which plans the codes of an installation and decodes codes.
/// </summary>
internal static class CodesCommand
{
    public static Command Create(ServerBuilder build) => new("codes", "Plans codes, and decodes a code.")
    {
        CodesPlanCommand.Create(),
        CodesShowCommand.Create(build),
    };
}
