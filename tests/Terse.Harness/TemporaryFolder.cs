namespace Terse.Harness;

/// <summary>A new empty folder that is deleted on disposal.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
        : this(System.IO.Path.GetTempPath())
    {
    }

    public TemporaryFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, "terse-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
