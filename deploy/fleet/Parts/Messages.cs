namespace Terse.FleetTool;

/// <summary>Writes messages for the user to standard error. Standard output is for the status.</summary>
internal static class Messages
{
    public static void Say(string message) => Console.Error.WriteLine(message);
}
