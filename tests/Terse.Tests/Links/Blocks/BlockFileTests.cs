using Microsoft.Extensions.Logging;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BlockFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KeptLog _log = new();
    private readonly BlockMap _map = TestBlocks.NewMap();
    private readonly string _path;
    private readonly BlockFileWatcher _watcher;

    public BlockFileTests()
    {
        _path = Path.Combine(_folder.Path, "blocks.txt");
        _watcher = NewWatcher(_path);
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_has_a_host_or_a_pattern_on_each_line_and_comments()
    {
        await WriteAsync(
            "\uFEFF# phishing\r\nevil.example   # since May\r\n\r\n  .bad.example\n"
            + "*-login.example\nevil.example");

        await _watcher.StartingAsync(default);

        Assert.Equal(3, _map.Current.OfFile.Count);
        Assert.True(IsBlocked("evil.example"));
        Assert.True(IsBlocked("a.bad.example"));
        Assert.True(IsBlocked("my-login.example"));
        Assert.False(IsBlocked("a.evil.example"));
    }

    [Theory]
    [InlineData("good.example\nhttps://evil.example/\n", "line 2: 'https://evil.example/' must be a host")]
    [InlineData("# hosts\n0.0.0.0 evil.example", "line 2: '0.0.0.0 evil.example' must be a host")]
    [InlineData("*", "line 1: '*' must have")]
    [InlineData("", "the file is empty")]
    public async Task A_file_with_a_wrong_line_stops_the_start_with_advice(string text, string expected)
    {
        await WriteAsync(text);

        var exception = await Assert.ThrowsAsync<StartupException>(() => _watcher.StartingAsync(default));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains(_path, exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("Correct Blocks:File.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere/blocks.txt")]
    [InlineData(".")]
    [InlineData("")]
    public async Task A_file_that_cannot_be_read_stops_the_start(string name)
    {
        using var watcher = NewWatcher(name.Length == 0 ? "" : Path.Combine(_folder.Path, name));

        await Assert.ThrowsAsync<StartupException>(() => watcher.StartingAsync(default));
    }

    /// <summary>A reader that follows the mark of UTF-16 would find an empty list.</summary>
    [Fact]
    public async Task A_file_in_another_encoding_than_UTF8_is_refused()
    {
        await File.WriteAllBytesAsync(_path, [0xFF, 0xFE]);

        await Assert.ThrowsAsync<StartupException>(() => _watcher.StartingAsync(default));
    }

    [Fact]
    public async Task The_mark_of_UTF8_at_the_beginning_does_not_matter()
    {
        await WriteAsync("\uFEFFevil.example");

        await _watcher.StartingAsync(default);

        Assert.True(IsBlocked("evil.example"));
    }

    /// <summary>Such a device never ends.</summary>
    [Fact]
    public async Task A_link_to_a_device_is_refused()
    {
        File.CreateSymbolicLink(_path, "/dev/zero");

        await Assert.ThrowsAsync<StartupException>(() => _watcher.StartingAsync(default));
    }

    [Fact]
    public async Task A_changed_file_replaces_the_blocks_of_the_file_before()
    {
        await WriteAsync("evil.example");
        await _watcher.StartingAsync(default);
        await WriteAsync("other.example # replaced");

        await _watcher.CheckAsync(default);

        Assert.Equal((false, true), (IsBlocked("evil.example"), IsBlocked("other.example")));
    }

    [Fact]
    public async Task A_file_that_is_replaced_by_a_link_of_the_same_size_is_read()
    {
        await WriteAsync("evil1.example");
        await _watcher.StartingAsync(default);
        var other = Path.Combine(_folder.Path, "other");
        await File.WriteAllTextAsync(other, "evil2.example");
        File.SetLastWriteTimeUtc(other, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Delete(_path);
        File.CreateSymbolicLink(_path, other);

        await _watcher.CheckAsync(default);

        Assert.Equal((false, true), (IsBlocked("evil1.example"), IsBlocked("evil2.example")));
    }

    [Fact]
    public async Task A_bad_file_is_logged_once_and_the_last_good_one_counts_until_it_is_corrected()
    {
        await WriteAsync("evil.example");
        await _watcher.StartingAsync(default);
        await WriteAsync("other.example\nno host");
        await _watcher.CheckAsync(default);
        await _watcher.CheckAsync(default);
        Assert.Contains("line 2: 'no host'", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.Equal((true, false), (IsBlocked("evil.example"), IsBlocked("other.example")));

        File.Delete(_path);
        await _watcher.CheckAsync(default);
        Assert.Equal((2, true), (_log.Lines.Count, IsBlocked("evil.example")));

        await WriteAsync("other.example");
        await _watcher.CheckAsync(default);
        Assert.Equal((false, true), (IsBlocked("evil.example"), IsBlocked("other.example")));
    }

    [Fact]
    public async Task A_file_with_too_many_hosts_is_refused()
    {
        await File.WriteAllLinesAsync(
            _path, Enumerable.Range(0, BlockFile.MaxHosts + 1).Select(number => $"h{number}"));

        var exception = await Assert.ThrowsAsync<StartupException>(() => _watcher.StartingAsync(default));

        Assert.Contains("more than 500000 hosts", exception.Message, StringComparison.Ordinal);
    }

    private bool IsBlocked(string host) => _map.Current.IsBlocked($"https://{host}/");

    private Task WriteAsync(string text) => File.WriteAllTextAsync(_path, text);

    private BlockFileWatcher NewWatcher(string path)
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        return new(
            new ChangeableOptions<BlockOptions>(new() { File = path }),
            _map,
            TimeProvider.System,
            factory.CreateLogger<BlockFileWatcher>());
    }
}
