namespace Terse.Harness;

/// <summary>The paths of the repository and of its builds.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The program that <c>./run</c> builds.</summary>
    public static string BuiltProgram { get; } = Path.Combine(Root, "artifacts/bin/Terse/release/terse");

    /// <summary>The output folder of <c>dotnet publish src/Terse -c Release</c>.</summary>
    public static string PublishFolder { get; } =
        Path.Combine(Root, "artifacts/publish/Terse/release_linux-x64");

    /// <summary>
    /// The program under test: the path in TERSE_PROGRAM, which ./test sets to the published program; without
    /// that variable the built program.
    /// </summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("TERSE_PROGRAM") is { Length: > 0 } path ? path : BuiltProgram;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Terse.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
