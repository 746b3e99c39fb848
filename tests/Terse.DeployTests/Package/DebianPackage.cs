using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>Runs <c>deploy/debian/package</c>.</summary>
internal static class DebianPackage
{
    private static readonly string Script = Path.Combine(Repository.Root, "deploy/debian/package");

    /// <summary>Makes a package in a folder, and returns its path.</summary>
    /// <param name="version">The version of the program.</param>
    /// <param name="folder">The folder of the package, which does not exist yet.</param>
    /// <param name="program">The folder of the program.</param>
    public static async Task<string> MakeAsync(string version, string folder, string program)
    {
        Directory.CreateDirectory(folder);
        var result = await Command.RunAsync(
            Script,
            [version, "x64", program, folder],
            environment: ("SOURCE_DATE_EPOCH", "1700000000"));
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return Assert.Single(Directory.GetFiles(folder));
    }
}
