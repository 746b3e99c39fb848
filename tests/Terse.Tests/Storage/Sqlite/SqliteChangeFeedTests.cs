using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;
using Terse.Tests.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// The store and the feed open the database file separately, as two server processes would.
/// </summary>
public sealed class SqliteChangeFeedTests : IDisposable
{
    private readonly SqliteFile _file = new();
    private readonly Figures _figures = new();
    private readonly RecordedCalls _reported = new();
    private readonly SqliteChangeFeed _feed;
    private readonly BackgroundLoop _loop;

    public SqliteChangeFeedTests()
    {
        _feed = new SqliteChangeFeed(
            _file.Open(),
            _reported,
            new ChangeMetrics(_figures),
            TimeProvider.System,
            NullLogger<SqliteChangeFeed>.Instance);
        _loop = new BackgroundLoop(TimeSpan.FromSeconds(1), TimeProvider.System, _feed.OnFailure);
    }

    [Fact]
    public async Task A_change_by_another_process_is_reported_once_and_a_creation_is_not_reported()
    {
        var store = new SqliteLinkStore(_file.Writer, _file.Readers);
        var link = new Link(
            Tsid.FromInt64(1), "", "sale", "https://example.com/1", DateTimeOffset.UnixEpoch);
        await PollAsync();
        await store.AddAsync(link, default, default);
        await PollAsync();
        Assert.Equal("all complete complete", _reported.ToString());

        await store.ReplaceAsync(link with { Version = 2, Target = "https://example.com/2" }, default);
        await PollAsync();
        await PollAsync();

        Assert.Equal("all complete complete sale complete complete", _reported.ToString());
        Assert.Equal(1, _figures["terse.changes.received"]);
    }

    [Fact]
    public async Task A_change_that_is_made_while_the_file_cannot_be_read_is_reported_when_it_can_be_read()
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

        Assert.Equal("all complete sale complete", _reported.ToString());
    }

    private Task PollAsync() => _loop.TryRunAsync(_feed.PollAsync, default);

    public void Dispose()
    {
        _feed.Dispose();
        _figures.Dispose();
        _file.Dispose();
    }
}
