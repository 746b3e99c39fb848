using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitDiskTests
{
    [Fact]
    public void Files_and_folders_can_be_stored_and_a_missing_file_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var disk = new VisitDisk();
        File.WriteAllText(folder["ü"], "content");
        disk.Sync(folder["ü"]);
        disk.Sync(folder.Path);

        var error = Assert.Throws<IOException>(() => disk.Sync(folder["missing"]));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
    }
}
