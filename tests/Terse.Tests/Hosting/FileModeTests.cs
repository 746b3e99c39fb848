using System.Runtime.Versioning;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Harness;
using Terse.Links;
using Terse.Redirects;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Hosting;

[UnsupportedOSPlatform("windows")]
public sealed class FileModeTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_the_owner_can_read_a_new_database()
    {
        var database = Open(_folder["data"]);
        using var writer = database.OpenWriter();
        writer.Execute("CREATE TABLE t (a)");

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, ModeOf(_folder["data"]));
        var files = Directory.GetFiles(_folder["data"]).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            ["terse.db", "terse.db-shm", "terse.db-wal", "terse.db.lock"],
            files.Select(file => Path.GetFileName(file)));
        Assert.All(files, file => Assert.Equal(OwnerOnly, ModeOf(file)));
    }

    [Fact]
    public void An_existing_folder_and_an_existing_database_keep_their_modes()
    {
        const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        _ = Open(_folder["data"]);
        File.SetUnixFileMode(_folder["data"], ModeOf(_folder["data"]) | UnixFileMode.GroupExecute);
        File.SetUnixFileMode(Path.Combine(_folder["data"], "terse.db"), OwnerOnly | Group);

        _ = Open(_folder["data"]);

        Assert.Equal(
            OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupExecute, ModeOf(_folder["data"]));
        Assert.Equal(OwnerOnly | Group, ModeOf(Path.Combine(_folder["data"], "terse.db")));
    }

    [Fact]
    public async Task Only_the_owner_can_read_the_codes_that_are_asked_for_often()
    {
        var codes = new HotCodesFile(_folder["data"]);

        await codes.WriteAsync([new LinkName(DomainMap.Default, "sale")], default);

        Assert.Equal(OwnerOnly, ModeOf(codes.Path));
    }

    /// <summary>The folder keeps its mode, so only the modes of the files protect the visits.</summary>
    [Fact]
    public async Task Only_the_owner_can_read_visits_in_an_existing_folder()
    {
        const UnixFileMode Everybody = OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead
            | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(_folder["visits"], Everybody);

        await using (var server = await TerseServer.StartAsync(
            _folder["data"], ("Visits:Folder", _folder["visits"])))
        {
            await server.CreateCodeAsync("https://example.com/", "sale");
            using var visit = await server.GetAsync("/sale");
            var files = Directory.GetFiles(_folder["visits"], "*", SearchOption.AllDirectories);
            Assert.NotEmpty(files);
            Assert.All(files, file => Assert.Equal((file, OwnerOnly), (file, ModeOf(file))));
        }

        Assert.Equal(Everybody, ModeOf(_folder["visits"]));
    }

    private static SqliteDatabase Open(string folder) =>
        new(Options.Create(new StorageOptions { Folder = folder }));

    private static UnixFileMode ModeOf(string path) => File.GetUnixFileMode(path);
}
