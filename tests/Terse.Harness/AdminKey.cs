namespace Terse.Harness;

/// <summary>The API key with the role admin that servers of tests accept.</summary>
internal static class AdminKey
{
    public const string Text = "terse_tests000_0123456789abcdefghijklmnopqrstuv";

    private static readonly Lazy<TemporaryFolder> Folder = new(static () =>
    {
        var folder = new TemporaryFolder();
        System.IO.File.WriteAllText(Path.Combine(folder.Path, "key"), Text + "\n");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder;
    });

    /// <summary>The file for the setting <c>Access:AdminKeyFile</c>.</summary>
    public static string File => Path.Combine(Folder.Value.Path, "key");
}
