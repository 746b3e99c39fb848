using Microsoft.Extensions.Time.Testing;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteCreationStoreTests : CreationStoreContract
{
    private readonly SqliteFile _file = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 8, 30, 0, TimeSpan.Zero));

    private protected override ICreationStore Store => new SqliteCreationStore(_file.Writer, _time);

    private protected override ILinkStore Links => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override ILinkReader Reader => new SqliteLinkStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task AgeAsync(TimeSpan age)
    {
        _time.Advance(age);
        return Task.CompletedTask;
    }

    protected override Task<long> CountKeysAsync() => Task.FromResult(_file.Readers.Run(
        (session, _) => (long)session.Command("SELECT count(*) FROM idempotency").ExecuteScalar()!,
        argument: 0));

    /// <summary>
    /// The writer commits several writes in one transaction. If one write fails, no row of the failed write
    /// may remain.
    /// </summary>
    [Fact]
    public async Task When_the_commit_fails_neither_the_idempotency_key_nor_the_link_is_stored()
    {
        var failing = _file.Writer.RunAsync<int>(
            session =>
            {
                session.Execute("INSERT INTO idempotency VALUES ('other', x'00', 1, 0)");
                throw new FormatException();
            },
            default);

        await Assert.ThrowsAsync<FormatException>(() => failing);
        Assert.Equal(0, await CountKeysAsync());
        Assert.Equal(Tried(AddLinkResult.Added), await AddOnceAsync(Request("other", "x"), NewLink(1, "a")));
    }
}
