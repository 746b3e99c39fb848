using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

/// <summary>Two processes on one file are two of everything.</summary>
public sealed class SqliteChangeFeedTests : IDisposable
{
    private readonly SqliteFile _file = new();
    private readonly Figures _figures = new();
    private readonly ToldInOrder _told = new();
    private readonly SqliteChangeFeed _feed;
    private readonly BackgroundLoop _loop;

    public SqliteChangeFeedTests()
    {
        _feed = new SqliteChangeFeed(
            _file.Open(),
            _told,
            new ChangeMetrics(_figures),
            TimeProvider.System,
            NullLogger<SqliteChangeFeed>.Instance);
        _loop = new BackgroundLoop(TimeSpan.FromSeconds(1), TimeProvider.System, _feed.OnFailure);
    }

    [Fact]
    public async Task Changes_by_another_process_are_told_once_and_creations_are_none()
    {
        var store = new SqliteLinkStore(_file.Writer, _file.Readers);
        var link = new Link(
            Tsid.FromInt64(1), "", "sale", "https://example.com/1", DateTimeOffset.UnixEpoch);
        await PollAsync();
        await store.AddAsync(link, default, default);
        await PollAsync();
        Assert.Equal("all heard", _told.ToString());

        await store.ReplaceAsync(link with { Version = 2, Target = "https://example.com/2" }, default);
        await PollAsync();
        await PollAsync();

        Assert.Equal("all heard sale", _told.ToString());
        Assert.Equal(1, _figures["terse.changes.heard"]);
    }

    [Fact]
    public async Task While_the_file_cannot_be_read_changes_are_unheard_and_told_when_it_can_be()
    {
        var store = new SqliteLinkStore(_file.Writer, _file.Readers);
        var link = new Link(
            Tsid.FromInt64(1), "", "sale", "https://example.com/1", DateTimeOffset.UnixEpoch);
        await store.AddAsync(link, default, default);
        await PollAsync();
        using (var locked = _file.Database.OpenWriter())
        {
            locked.Execute("ALTER TABLE link_change RENAME TO link_change_elsewhere");
            await PollAsync();
            locked.Execute("ALTER TABLE link_change_elsewhere RENAME TO link_change");
        }

        await store.ReplaceAsync(link with { Version = 2 }, default);
        await PollAsync();

        Assert.Equal("all heard unheard sale heard", _told.ToString());
    }

    private Task PollAsync() => _loop.TryRunAsync(_feed.PollAsync, default);

    public void Dispose()
    {
        _feed.Dispose();
        _figures.Dispose();
        _file.Dispose();
    }
}
