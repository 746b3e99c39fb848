using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>What every store of links does.</summary>
public abstract class LinkStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, 123, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract ILinkStore Store { get; }

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task An_added_link_is_found_as_it_was()
    {
        var link = NewLink(1, "sale", "https://bücher.example/\"a b\"\\ü🙂");

        Assert.Equal(AddLinkResult.Added, await AddAsync(link));
        Assert.Equal(link, await Store.FindAsync("", "sale", default));
    }

    [Fact]
    public async Task A_code_of_no_link_finds_nothing()
    {
        await AddAsync(NewLink(1, "sale"));

        Assert.Null(await Store.FindAsync("", "Sale", default));
        Assert.Null(await Store.FindAsync("s.example.org", "sale", default));
        Assert.Null(await Store.FindAsync("", "", default));
    }

    [Fact]
    public async Task A_taken_code_stays_with_its_first_link()
    {
        var first = NewLink(1, "sale", "https://example.com/first");
        await AddAsync(first);

        var elsewhere = NewLink(3, "sale", domain: "s.example.org");
        Assert.Equal(AddLinkResult.CodeTaken, await AddAsync(NewLink(2, "sale")));
        Assert.Equal(AddLinkResult.Added, await AddAsync(elsewhere));
        Assert.Equal(first, await Store.FindAsync("", "sale", default));
    }

    [Fact]
    public async Task A_taken_id_is_told_from_a_taken_code()
    {
        await AddAsync(NewLink(1, "sale"));

        Assert.Equal(AddLinkResult.IdTaken, await AddAsync(NewLink(1, "other")));
        Assert.Null(await Store.FindAsync("", "other", default));
    }

    [Fact]
    public async Task Of_many_that_want_one_code_at_once_one_gets_it()
    {
        var links = Enumerable.Range(1, 200).Select(id => NewLink(id, "sale", $"https://example.com/{id}"));
        var results = await Task.WhenAll(links.Select(link => AddAsync(link)));

        Assert.Single(results, AddLinkResult.Added);
        var winner = Array.IndexOf(results, AddLinkResult.Added) + 1;
        Assert.Equal($"https://example.com/{winner}", (await Store.FindAsync("", "sale", default))?.Target);
    }

    /// <summary>Later than any horizon that a test can see.</summary>
    private protected static DateTimeOffset TickEnd => TimeProvider.System.GetUtcNow().AddHours(1);

    private protected Task<AddLinkResult> AddAsync(Link link) => Store.AddAsync(link, TickEnd, default);

    private protected static Link NewLink(
        long id, string code, string target = "https://example.com/", string domain = "") =>
        new(Tsid.FromInt64(id), domain, code, target, Now);
}
