using Terse.Links;

namespace Terse.TestSupport;

/// <summary>
/// The tests that every store of creations with an <c>Idempotency-Key</c> must pass. The SQLite store and the
/// PostgreSQL store each have a subclass.
/// </summary>
public abstract class CreationStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, 123, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract ICreationStore Store { get; }

    private protected abstract ILinkStore Links { get; }

    private protected abstract ILinkReader Reader { get; }

    protected abstract ValueTask CloseAsync();

    /// <summary>
    /// Moves the creation times of all stored idempotency keys into the past by <paramref name="age"/>.
    /// </summary>
    protected abstract Task AgeAsync(TimeSpan age);

    protected abstract Task<long> CountKeysAsync();

    /// <summary>
    /// Runs the store's clean-up, if the store has one that is not part of each creation.
    /// </summary>
    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_retry_returns_the_first_link_and_adds_no_link()
    {
        var link = NewLink(1, "first", "https://bücher.example/\"a b\"\\ü🙂");
        var request = Request("key", link.Target);

        Assert.Equal(Tried(AddLinkResult.Added), await AddOnceAsync(request, link));
        Assert.Equal(new AddOnceResult.Repeated(link), await AddOnceAsync(request, NewLink(2, "second")));
        Assert.Equal(link, await Reader.FindAsync(new("", "first"), default));
        Assert.Null(await Reader.FindAsync(new("", "second"), default));
    }

    [Fact]
    public async Task A_key_of_another_request_is_refused_and_keeps_its_link()
    {
        var link = NewLink(1, "first");
        await AddOnceAsync(Request("key", "this"), link);

        Assert.IsType<AddOnceResult.KeyReused>(
            await AddOnceAsync(Request("key", "that"), NewLink(2, "second")));
        Assert.Null(await Reader.FindAsync(new("", "second"), default));
        Assert.Equal(
            new AddOnceResult.Repeated(link),
            await AddOnceAsync(Request("key", "this"), NewLink(3, "third")));
    }

    [Fact]
    public async Task Keys_are_compared_exactly()
    {
        await AddOnceAsync(Request("key", "this"), NewLink(1, "a"));

        Assert.Equal(
            Tried(AddLinkResult.Added), await AddOnceAsync(Request("Key", "that"), NewLink(2, "b")));
        Assert.Equal(
            Tried(AddLinkResult.Added), await AddOnceAsync(Request("key\"", "that"), NewLink(3, "c")));
    }

    [Fact]
    public async Task A_retry_with_a_custom_code_returns_the_first_link_although_the_code_is_taken()
    {
        var link = NewLink(1, "sale");
        await AddOnceAsync(Request("key", "sale"), link);

        Assert.Equal(
            new AddOnceResult.Repeated(link), await AddOnceAsync(Request("key", "sale"), NewLink(2, "sale")));
    }

    [Fact]
    public async Task A_creation_with_a_taken_code_stores_no_key()
    {
        var first = NewLink(1, "sale");
        await Links.AddAsync(first, TickEnd, default);

        Assert.Equal(
            Tried(AddLinkResult.CodeTaken), await AddOnceAsync(Request("key", "sale"), NewLink(2, "sale")));
        Assert.Equal(0, await CountKeysAsync());
        Assert.Equal(
            Tried(AddLinkResult.Added), await AddOnceAsync(Request("key", "other"), NewLink(3, "other")));
        Assert.Equal(first, await Reader.FindAsync(new("", "sale"), default));
    }

    [Fact]
    public async Task A_creation_with_a_taken_id_stores_no_key()
    {
        await Links.AddAsync(NewLink(1, "sale"), TickEnd, default);

        Assert.Equal(
            Tried(AddLinkResult.IdTaken), await AddOnceAsync(Request("key", "this"), NewLink(1, "other")));
        Assert.Equal(0, await CountKeysAsync());
        Assert.Equal(
            Tried(AddLinkResult.Added), await AddOnceAsync(Request("key", "that"), NewLink(2, "other")));
    }

    [Fact]
    public async Task Of_many_concurrent_creations_with_one_key_one_adds_a_link_and_all_return_it()
    {
        for (var round = 1; round <= 10; round++)
        {
            var request = Request($"key{round}", "this");
            var links = Enumerable.Range(round * 100, 16).Select(id => NewLink(id, $"c{id}")).ToList();
            var results = await Task.WhenAll(links.Select(link => AddOnceAsync(request, link)));
            var winner = links[Array.IndexOf(results, Tried(AddLinkResult.Added))];

            Assert.Single(results, Tried(AddLinkResult.Added));
            Assert.Equal(15, results.Count(result => result == new AddOnceResult.Repeated(winner)));
            foreach (var link in links)
                Assert.Equal(link == winner, await Reader.FindAsync(new("", link.Code), default) is not null);
        }
    }

    [Fact]
    public async Task Of_many_concurrent_different_creations_with_one_key_one_succeeds()
    {
        var results = await Task.WhenAll(Enumerable.Range(1, 16).Select(id =>
            AddOnceAsync(Request("key", $"{id}"), NewLink(id, $"c{id}"))));

        Assert.Single(results, Tried(AddLinkResult.Added));
        Assert.Equal(15, results.OfType<AddOnceResult.KeyReused>().Count());
        Assert.Equal(1, await CountKeysAsync());
    }

    [Fact]
    public async Task A_key_can_be_used_again_after_a_day_and_not_before()
    {
        var first = NewLink(1, "first");
        await AddOnceAsync(Request("key", "this"), first);
        await AgeAsync(IdempotentRequest.RetentionTime - TimeSpan.FromMinutes(1));
        var before = await AddOnceAsync(Request("key", "this"), NewLink(2, "second"));
        await AgeAsync(TimeSpan.FromMinutes(1));
        var other = NewLink(3, "third");
        var after = await AddOnceAsync(Request("key", "that"), other);

        Assert.Equal(new AddOnceResult.Repeated(first), before);
        Assert.Equal(Tried(AddLinkResult.Added), after);
        Assert.Equal(
            new AddOnceResult.Repeated(other), await AddOnceAsync(Request("key", "that"), NewLink(4, "4th")));
        Assert.Equal(first, await Reader.FindAsync(new("", "first"), default));
    }

    [Fact]
    public async Task Keys_that_are_older_than_a_day_are_deleted_and_younger_keys_stay()
    {
        for (var id = 1; id <= 20; id++)
            await AddOnceAsync(Request($"old{id}", "this"), NewLink(id, $"old{id}"));
        await AgeAsync(IdempotentRequest.RetentionTime);
        for (var id = 101; id <= 110; id++)
            await AddOnceAsync(Request($"new{id}", "this"), NewLink(id, $"new{id}"));
        await CleanUpAsync();

        Assert.Equal(10, await CountKeysAsync());
        Assert.NotNull(await Reader.FindAsync(new("", "old1"), default));
    }

    [Fact]
    public async Task A_retry_returns_the_rules_of_the_link()
    {
        var link = NewLink(1, "first") with { ExpiresAt = Now, MaxVisits = 2 };
        await AddOnceAsync(Request("key", "this"), link);
        await AddOnceAsync(Request("other", "this"), NewLink(2, "second") with { ExpiresAt = Now });

        Assert.Equal(
            new AddOnceResult.Repeated(link), await AddOnceAsync(Request("key", "this"), NewLink(3, "3rd")));
        Assert.Equal(link, await Reader.FindAsync(new("", "first"), default));
        Assert.Equal(Now, (await Reader.FindAsync(new("", "second"), default))?.ExpiresAt);
        Assert.True(await Links.TakeVisitAsync(link, default));
        Assert.True(await Links.TakeVisitAsync(link, default));
        Assert.False(await Links.TakeVisitAsync(link, default));
    }

    /// <summary>
    /// The time that the tests give to new links: one hour from now. The database refuses a link whose time
    /// is not later than the horizon (the time up to which the database accepts no more links).
    /// </summary>
    private protected static DateTimeOffset TickEnd => TimeProvider.System.GetUtcNow().AddHours(1);

    private protected static AddOnceResult Tried(AddLinkResult result) => new AddOnceResult.Tried(result);

    private protected static IdempotentRequest Request(string key, string target) =>
        IdempotentRequest.Of(key, ("target", target));

    private protected static Link NewLink(long id, string code, string target = "https://example.com/") =>
        new(Tsid.FromInt64(id), "", code, target, Now);

    private protected Task<AddOnceResult> AddOnceAsync(IdempotentRequest request, Link link) =>
        Store.AddOnceAsync(request, link, TickEnd, default);
}
