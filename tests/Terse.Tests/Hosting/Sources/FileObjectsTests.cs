using System.Globalization;
using System.Runtime.Versioning;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

[UnsupportedOSPlatform("windows")]
public sealed class FileObjectsTests : ObjectStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private FileObjects? _store;

    private protected override IObjectStore Store => _store!;

    public override ValueTask InitializeAsync()
    {
        _store = new(_folder.Path, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_folder_in_place_of_the_file_is_an_error_for_reads_and_writes()
    {
        Directory.CreateDirectory(_folder["terse.json"]);

        var read = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => Store.ReadAsync("terse.json", knownTag: null, default));
        await Assert.ThrowsAsync<SourceUnavailableException>(
            () => Store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));

        Assert.Equal($"{_folder["terse.json"]} cannot be used: it is a folder.", read.Message);
    }

    [Fact]
    public async Task A_path_through_a_file_is_an_error_for_writes()
    {
        await File.WriteAllTextAsync(_folder["file"], "1");

        await Assert.ThrowsAsync<SourceUnavailableException>(
            () => Store.WriteAsync("file/terse.json", Bytes("1"), replacedTag: null, default));
    }

    [Fact]
    public async Task Files_that_a_killed_writer_has_left_are_not_listed_and_do_not_block_writes()
    {
        await File.WriteAllTextAsync(_folder["terse.json.lock"], "");
        await File.WriteAllTextAsync(_folder["terse.json.unfinished-x.y"], "{");

        await WriteAsync("1");

        Assert.Equal("1", await ReadAsync());
        Assert.Equal(["terse.json"], await Store.ListAsync("", default));
    }

    [Fact]
    public async Task A_write_leaves_no_other_file_than_the_lock()
    {
        await WriteAsync("2", await WriteAsync("1"));

        Assert.Equal(
            [_folder["terse.json"], _folder["terse.json.lock"]],
            Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_write_waits_for_the_lock_of_another_process()
    {
        Task<bool> write;
        await using (HoldLock())
        {
            write = Store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default);
            Assert.Null(await Store.ReadAsync("terse.json", knownTag: null, default));
            Assert.False(write.IsCompleted);
        }

        Assert.True(await write);
    }

    [Fact]
    public async Task A_lock_that_is_held_for_too_long_is_an_error_within_the_time_limit()
    {
        await using var held = HoldLock();
        var quick = new FileObjects(_folder.Path, new QuickTime());

        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => quick.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));

        Assert.EndsWith("gave no answer within 10 s.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_truncated_and_written_in_place_is_read_as_far_as_it_is()
    {
        var path = _folder["terse.json"];
        await File.WriteAllBytesAsync(path, new byte[IObjectStore.MaxBytes]);
        using var stopping = new CancellationTokenSource();
        var changes = Task.Run(() =>
        {
            while (!stopping.IsCancellationRequested)
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(0);
                file.SetLength(IObjectStore.MaxBytes);
            }
        });

        for (var read = 0; read < 200; read++)
        {
            var stored = await Store.ReadAsync("terse.json", knownTag: null, default);
            Assert.InRange(stored!.Content!.Length, 0, IObjectStore.MaxBytes);
        }

        await stopping.CancelAsync();
        await changes;
    }

    [Fact]
    public async Task Every_read_during_updates_of_a_mounted_config_map_returns_a_complete_document()
    {
        var mounted = new MountedConfigMap(_folder.Path, "terse.json");
        mounted.Update("1");
        using var stopping = new CancellationTokenSource();
        var updates = Task.Run(() =>
        {
            for (var text = 2; !stopping.IsCancellationRequested; text++)
                mounted.Update($"{text}");
        });

        var last = 0;
        try
        {
            for (var read = 0; read < 10_000; read++)
            {
                var text = int.Parse((await ReadAsync())!, CultureInfo.InvariantCulture);
                Assert.InRange(text, last, int.MaxValue);
                last = text;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await updates;
        }

        Assert.InRange(last, 2, int.MaxValue);
    }

    [Fact]
    public async Task The_new_file_has_the_mode_of_the_file_that_it_replaces()
    {
        var tag = await WriteAsync("1");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(_folder["terse.json"], Mode);

        await WriteAsync("2", tag);

        Assert.Equal(Mode, File.GetUnixFileMode(_folder["terse.json"]));
    }

    private FileStream HoldLock() =>
        new(_folder["terse.json.lock"], FileMode.Create, FileAccess.Write, FileShare.None);
}
