using Microsoft.Extensions.Logging.Abstractions;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using Terse.Tests.Links;

namespace Terse.Tests.Storage;

public sealed class SqliteLinkListTests : LinkListContract
{
    private readonly SqliteFile _file = new();

    private protected override ILinkStore Store => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override IAliasStore Aliases => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override ILinkList List => new SqliteLinkList(_file.Readers);

    private protected override IListIndex Index =>
        new SqliteListIndex(_file.Writer, _file.Readers, SmallLimits, TimeProvider.System);

    private protected override ITagStore Tags => new SqliteTagStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    private protected override async Task ChangeTagsAsync()
    {
        using var changer = new TagChanger(
            Tags,
            Store,
            (ILinkReader)Store,
            new RecordedCalls(),
            TimeProvider.System,
            NullLogger<TagChanger>.Instance);
        await changer.ChangeAllAsync(default);
    }

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task ExecuteAsync(string sql) => _file.Writer.RunAsync(
        session =>
        {
            session.Execute(sql);
            return true;
        },
        default);

    protected override Task<long> CountUnlistedAsync() => Task.FromResult(_file.Readers.Run(
        static (session, sql) => (long)session.Command(sql).ExecuteScalar()!,
        """
        SELECT (SELECT count(*) FROM unlisted_link)
            + (SELECT count(*) FROM link, list_progress WHERE link.id < older_than AND alias_of IS NULL)
        """));

    protected override Task ForgetProgressAsync() =>
        ExecuteAsync("UPDATE list_progress SET older_than = (SELECT max(id) + 1 FROM link)");
}
