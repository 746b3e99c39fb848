using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

public sealed class SqliteCreationStoreTests : CreationStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 22, 8, 30, 0, TimeSpan.Zero));
    private SqliteWriter _writer = null!;
    private SqliteReaders _readers = null!;

    private protected override ICreationStore Store => new SqliteCreationStore(_writer, _time);

    private protected override ILinkStore Links => new SqliteLinkStore(_writer, _readers);

    public override ValueTask InitializeAsync()
    {
        var database = new SqliteDatabase(Options.Create(new StorageOptions { Folder = _folder.Path }));
        _writer = new SqliteWriter(database);
        _readers = new SqliteReaders(database);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseAsync()
    {
        _writer.Dispose();
        _readers.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task AgeAsync(TimeSpan age)
    {
        _time.Pass(age);
        return Task.CompletedTask;
    }

    protected override Task<long> CountKeysAsync() => Task.FromResult(_readers.Run(
        (session, _) => (long)session.Command("SELECT count(*) FROM idempotency").ExecuteScalar()!,
        argument: 0));

    /// <summary>The writer commits them together: none of what fails with the others leaves a key.</summary>
    [Fact]
    public async Task When_the_commit_fails_neither_key_nor_link_is_kept()
    {
        var failing = _writer.RunAsync<int>(
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
