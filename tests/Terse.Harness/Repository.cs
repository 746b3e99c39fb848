namespace Terse.Harness;

/// <summary>Where the repository and what was built from it lie.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The program that ./run runs.</summary>
    public static string Program { get; } = Path.Combine(Root, "artifacts/bin/Terse/release/terse");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Terse.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
