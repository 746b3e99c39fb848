using Microsoft.Extensions.Logging.Abstractions;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresLinkListTests(TestDatabases databases) : LinkListContract
{
    private TestDatabase _database = null!;

    private protected override ILinkStore Store => _database.Get<ILinkStore>();

    private protected override IAliasStore Aliases => _database.Get<IAliasStore>();

    private protected override ILinkList List => _database.Get<ILinkList>();

    private protected override IListIndex Index =>
        new PostgresListIndex(_database.Get<PostgresListTransactions>(), SmallLimits);

    private protected override ITagStore Tags => _database.Get<ITagStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    private protected override async Task ChangeTagsAsync()
    {
        using var changer = new TagChanger(
            Tags,
            Store,
            _database.Get<ILinkReader>(),
            new NoListener(),
            TimeProvider.System,
            NullLogger<TagChanger>.Instance);
        await changer.ChangeAllAsync(default);
    }

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    protected override Task<long> CountUnlistedAsync() => _database.ReadAsync(
        """
        SELECT (SELECT count(*) FROM unlisted_link) + (SELECT count(*) FROM link, list_progress
            WHERE alias_of IS NULL
                AND (newer_than IS NULL OR link.id > newer_than OR link.id < older_than))
        """);

    protected override Task ForgetProgressAsync() =>
        ExecuteAsync("UPDATE list_progress SET newer_than = NULL, older_than = NULL");

    private sealed class NoListener : ILinkChangeListener
    {
        public void OnChanged(LinkName name)
        {
        }

        public void OnComplete(long completeAt)
        {
        }

        public void OnAllChanged()
        {
        }
    }
}
