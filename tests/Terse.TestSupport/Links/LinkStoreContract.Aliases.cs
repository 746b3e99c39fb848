using Terse.Links;

namespace Terse.TestSupport;

/// <summary>
/// Tests of aliases: once a link has a name, the link is found by this name, and no other link gets the name.
/// </summary>
public abstract partial class LinkStoreContract
{
    private protected abstract IAliasStore Aliases { get; }

    [Fact]
    public async Task A_link_is_found_by_each_of_its_names_in_its_latest_version()
    {
        var link = NewLink(1, "0first", domain: "s.example.org") with { MaxVisits = 5 };
        await AddAsync(link);
        var renamed = Renamed(link, "second") with { Target = "https://example.com/2", ExpiresAt = Now };
        var result = await AddAliasAsync(renamed, 2);
        var third = Renamed(renamed, "구글");
        await AddAliasAsync(third, 3);
        var deleted = third with { Version = 4, DeletedAt = Now };
        var before = await FindAllAsync(third);
        await Store.ReplaceAsync(deleted, default);

        Assert.Equal(AddLinkResult.Added, result.Name);
        Assert.InRange(
            result.WrittenAt!.Value,
            TimeProvider.System.GetUtcNow().AddMinutes(-1),
            TimeProvider.System.GetUtcNow().AddMinutes(1));
        Assert.Equal([third, third, third], before);
        Assert.Equal([deleted, deleted, deleted], await FindAllAsync(deleted));
        Assert.Null(await Reader.FindAsync(new("", "second"), default));
        Assert.Equal(link.Id, (await Reader.FindLatestAsync(new(link.Domain, "second"), default))!.Id);
    }

    [Fact]
    public async Task Each_change_is_stored_under_every_name_of_its_link()
    {
        var link = NewLink(1, "first");
        await AddAsync(link);
        var renamed = Renamed(link, "second");
        await AddAliasAsync(renamed, 2);
        await Store.ReplaceAsync(renamed with { Version = 3 }, default);
        var again = LinkCodes.With(renamed, "first")! with { Version = 4 };
        await Store.ReplaceAsync(again, default);

        Assert.Equal(
            ["first 2", "second 2", "first 3", "second 3", "first 4", "second 4"],
            (await ReadChangesAsync()).Select(change => $"{change.Code} {change.Version}"));
    }

    [Fact]
    public async Task A_taken_name_is_not_added_and_the_link_stays_as_it_is()
    {
        var (link, other) = (NewLink(1, "first"), NewLink(2, "other"));
        await AddAsync(link);
        await AddAsync(other);
        await AddAliasAsync(Renamed(other, "alias"), 3);

        foreach (var code in new[] { "other", "alias" })
        {
            var result = await AddAliasAsync(
                Renamed(link, code) with { Target = "https://example.com/2" }, 4);
            Assert.Equal(new AddAliasResult(AddLinkResult.CodeTaken, null), result);
            Assert.Equal(AddLinkResult.CodeTaken, await AddAsync(NewLink(5, code)));
        }

        Assert.Equal(
            AddLinkResult.IdTaken, (await AddAliasAsync(Renamed(link, "free"), id: 2)).Name);
        Assert.Equal(link, await Reader.FindAsync(link.Name, default));
        Assert.Equal(AddLinkResult.Added, await AddAsync(NewLink(5, "free")));
    }

    [Fact]
    public async Task A_name_is_not_added_to_another_version_of_the_link()
    {
        var link = NewLink(1, "first");
        await AddAsync(link);
        await Store.ReplaceAsync(link with { Version = 2 }, default);
        var late = await AddAliasAsync(Renamed(link, "second"), 2);

        Assert.Null(late.WrittenAt);
        Assert.Equal(link with { Version = 2 }, await Reader.FindAsync(link.Name, default));
        Assert.Equal(AddLinkResult.Added, await AddAsync(NewLink(2, "second")));
    }

    [Fact]
    public async Task Of_many_links_that_take_one_name_at_once_one_gets_it()
    {
        var links = Enumerable.Range(1, 64).Select(id => NewLink(id, $"c{id}")).ToList();
        await Task.WhenAll(links.Select(AddAsync));
        var adding = links.Select(async link =>
            (await AddAliasAsync(Renamed(link, "sale"), 100 + link.Id.ToInt64())).Name);
        var creating = Enumerable.Range(200, 8).Select(id => AddAsync(NewLink(id, "sale")));
        var results = await Task.WhenAll(adding.Concat(creating));

        Assert.Single(results, AddLinkResult.Added);
        Assert.Equal(71, results.Count(result => result == AddLinkResult.CodeTaken));
        var owner = await Reader.FindAsync(new("", "sale"), default);
        var winner = Array.IndexOf(results, AddLinkResult.Added);
        Assert.Equal(winner < 64 ? winner + 1 : 136 + winner, owner!.Id.ToInt64());
    }

    [Fact]
    public async Task Of_many_names_for_one_version_of_a_link_one_is_added()
    {
        var link = NewLink(1, "first");
        await AddAsync(link);
        var names = Enumerable.Range(1, 64).Select(number => $"name-{number}").ToList();
        var results = await Task.WhenAll(names.Select(
            (name, number) => AddAliasAsync(Renamed(link, name), 100 + number)));
        var winner = names[Array.FindIndex(results, result => result.WrittenAt is not null)];

        Assert.Single(results, result => result.WrittenAt is not null);
        var stored = await Reader.FindAsync(link.Name, default);
        Assert.Equal(Renamed(link, winner), stored);
        foreach (var name in names)
            Assert.Equal(name == winner ? stored : null, await Reader.FindAsync(new("", name), default));
    }

    [Fact]
    public async Task A_cleanup_finds_a_link_and_not_its_aliases()
    {
        var link = NewLink(1, "first") with { ExpiresAt = Now };
        await AddAsync(link);
        await AddAliasAsync(Renamed(link, "second"), 2);
        await AllowCleanupAsync();
        var page = await Cleanup.ReadPageAsync(new(null, Now.AddDays(1)), default);

        Assert.Equal(link.Name, Assert.Single(page!.Old));
    }

    private protected Task<AddAliasResult> AddAliasAsync(Link changed, long id) => Aliases.AddAliasAsync(
        changed, new(Tsid.FromInt64(id), LinkCodes.Current(changed), TickEnd), default);

    private protected static Link Renamed(Link link, string code) =>
        LinkCodes.With(link, code)! with { Version = link.Version + 1 };

    private async Task<IReadOnlyList<Link?>> FindAllAsync(Link link)
    {
        var found = new List<Link?>();
        foreach (var name in link.Names)
            found.Add(await Reader.FindAsync(name, default));
        return found;
    }
}
