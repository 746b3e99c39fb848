namespace Terse.Harness;

/// <summary>The programs of PostgreSQL, which run as the user <c>postgres</c> if this process runs as root.
/// </summary>
internal static class PostgresPrograms
{
    /// <summary>True if this process runs as root, which PostgreSQL refuses to do.</summary>
    public static bool NeedOtherUser { get; } = Environment.UserName == "root";

    public const string Folder = "/usr/lib/postgresql/15/bin";

    public static string PathOf(string program) => $"{Folder}/{program}";

    public static Task RunAsync(string program, params string[] arguments) =>
        RunAsPostgresAsync(PathOf(program), arguments);

    public static async Task RunAsPostgresAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync("setpriv", AsPostgres([program, .. arguments]));
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {result.Errors}");
    }

    /// <summary>
    /// Returns the arguments with which <c>setpriv</c> runs a command. If this process runs as root, the
    /// command runs as the user <c>postgres</c>.
    /// </summary>
    public static string[] AsPostgres(params string[] command) => NeedOtherUser
        ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]
        : command;
}
