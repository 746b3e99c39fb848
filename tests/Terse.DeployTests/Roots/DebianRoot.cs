using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// A small Debian 12 in a temporary folder, in which a test may change everything. The script
/// <c>Roots/make</c> makes it once, and each test gets a copy.
/// </summary>
internal sealed class DebianRoot : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private DebianRoot() => Root = new(_folder["root"]);

    public RootFolder Root { get; }

    /// <summary>The folder with the unchanged Debian of a machine. Nobody writes to it.</summary>
    public static async Task<string> OriginalAsync(string architecture)
    {
        var made = await Command.RunAsync(
            Path.Combine(Repository.Root, "tests/Terse.DeployTests/Roots/make"), [architecture]);
        Assert.True(made.ExitCode == 0, made.Output + made.Errors);
        return Path.Combine(Repository.Root, "artifacts/roots", architecture, "root");
    }

    public static async Task<DebianRoot> CreateAsync()
    {
        var original = await OriginalAsync("amd64");
        var root = new DebianRoot();
        try
        {
            await Command.RunAsync("cp", ["-a", "--reflink=auto", original, root.Root.Path]);
            await Command.RunAsync("chmod", ["a+rx", root._folder.Path]);
            return root;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();
}
