using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Terse.Access;
using Terse.Harness;

namespace Terse.Tests.Access;

[UnsupportedOSPlatform("windows")]
public sealed class FileKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(UnixFileMode.UserRead, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherWrite, true)]
    public void A_key_file_that_others_can_read_is_used_with_a_warning(UnixFileMode mode, bool warns)
    {
        var text = KeyText.New();
        File.WriteAllText(_folder["key"], text.Reveal());
        File.SetUnixFileMode(_folder["key"], mode);
        File.CreateSymbolicLink(_folder["link"], _folder["key"]); // The mode of a symbolic link is no sign.
        using var log = new KeptLog();
        using var logs = LoggerFactory.Create(builder => builder.AddProvider(log));

        var key = FileKey.Read(new() { AdminKeyFile = _folder["link"] }, logs.CreateLogger<FileKey>());

        Assert.Equal(text.Id, key.Key!.Id);
        Assert.Equal(warns, log.Lines.Any(line => line.Contains(_folder["link"], StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, line => line.Contains(text.Secret, StringComparison.Ordinal));
    }
}
