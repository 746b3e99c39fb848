using System.CommandLine;

namespace Terse.Commands;

/// <summary><c>terse keys</c>: what codes are made of.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Plans how codes are made, and takes codes apart.")
    {
        KeysPlanCommand.Create(),
        KeysShowCommand.Create(),
    };
}
