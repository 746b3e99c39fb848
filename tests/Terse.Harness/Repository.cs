namespace Terse.Harness;

/// <summary>The paths of the repository root and of the Terse programs built from it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The Terse executable that <c>./run</c> builds.</summary>
    public static string BuiltProgram { get; } = Path.Combine(Root, "artifacts/bin/Terse/release/terse");

    /// <summary>The output folder of <c>dotnet publish src/Terse -c Release</c>.</summary>
    public static string PublishFolder { get; } =
        Path.Combine(Root, "artifacts/publish/Terse/release_linux-x64");

    /// <summary>
    /// The Terse executable that the tests start. The variable TERSE_PROGRAM contains its path; <c>./test</c>
    /// sets the variable to the published executable. If the variable is not set, the tests start
    /// <see cref="BuiltProgram"/>.
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
