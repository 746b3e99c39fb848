using System.CommandLine;

namespace Terse.Commands;

/// <summary><c>terse codes</c>: plans codes and decodes them.</summary>
internal static class CodesCommand
{
    public static Command Create(ServerBuilder build) => new("codes", "Plans codes, and decodes a code.")
    {
        CodesPlanCommand.Create(),
        CodesShowCommand.Create(build),
    };
}
