using Terse.Links;

namespace Terse.TestSupport;

/// <summary>Tests of the search for links by their target.</summary>
public abstract partial class LinkStoreContract
{
    private const string Sought = "https://bücher.example/a?b=c#d";

    private protected abstract ILinkTargets Targets { get; }

    /// <summary>Builds the index that the search needs, as the server does in the background.</summary>
    protected virtual Task BuildTargetIndexAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_search_finds_the_newest_links_with_exactly_the_target_that_are_not_deleted()
    {
        await BuildTargetIndexAsync();
        var (deleted, erased) = (NewLink(4, "deleted", Sought), NewLink(5, "erased", Sought));
        var (moved, arrived) = (NewLink(6, "moved", Sought), NewLink(7, "arrived"));
        foreach (var link in new[]
            {
                NewLink(1, "first", Sought), NewLink(2, "other", Sought + "e"),
                NewLink(3, "elsewhere", Sought, "s.example.org"), deleted, erased, moved, arrived,
            })
        {
            await AddAsync(link);
        }

        await AddAliasAsync(Renamed(NewLink(1, "first", Sought), "alias"), 8);
        await Store.ReplaceAsync(deleted with { Version = 2, DeletedAt = Now }, default);
        await Store.ReplaceAsync(erased.Erase(Now) with { Version = 2 }, default);
        await Store.ReplaceAsync(moved with { Version = 2, Target = "https://example.com/" }, default);
        await Store.ReplaceAsync(arrived with { Version = 2, Target = Sought }, default);
        await Store.ReplaceAsync(NewLink(2, "other", Sought) with { Version = 9 }, default);

        Assert.Equal(["arrived", "first"], await FindAsync(""));
        Assert.Equal(["elsewhere"], await FindAsync("s.example.org"));
        var first = (await Targets.FindByTargetAsync("", Sought, default))[1];
        Assert.Equal(await Reader.FindAsync(new("", "alias"), default), first);
    }

    [Fact]
    public async Task Of_very_many_links_with_one_target_a_search_reads_only_the_newest()
    {
        await BuildTargetIndexAsync();
        await Task.WhenAll(Enumerable.Range(1, 130).Select(id => AddAsync(NewLink(id, $"c{id}", Sought))));

        Assert.Equal(
            Enumerable.Range(130 - ILinkTargets.MaxLinks + 1, ILinkTargets.MaxLinks).Reverse()
                .Select(id => $"c{id}"),
            await FindAsync(""));
    }

    private async Task<IEnumerable<string>> FindAsync(string domain) =>
        (await Targets.FindByTargetAsync(domain, Sought, default)).Select(link => link.Code);
}
