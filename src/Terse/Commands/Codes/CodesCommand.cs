using System.CommandLine;

namespace Terse.Commands;

/// <summary><c>terse codes</c>: what codes are made of.</summary>
internal static class CodesCommand
{
    public static Command Create(ServerBuilder build) => new("codes", "Plans how codes are made, and takes codes apart.")
    {
        CodesPlanCommand.Create(),
        CodesShowCommand.Create(build),
    };
}
