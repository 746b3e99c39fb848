namespace Terse.Tests;

/// <summary>A folder of a test's own that goes when the test has ended.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("terse-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
