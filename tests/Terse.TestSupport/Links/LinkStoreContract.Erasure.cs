using Terse.Links;

namespace Terse.TestSupport;

/// <summary>Tests of erased links and of the search for links to erase.</summary>
public abstract partial class LinkStoreContract
{
    private protected abstract ILinkCleanup Cleanup { get; }

    /// <summary>Adds links with the codes 'many-1', 'many-2', … and ids from 1000 on.</summary>
    protected abstract Task AddManyAsync(int count);

    [Fact]
    public async Task An_erased_link_keeps_its_name_and_times_and_loses_everything_else()
    {
        var link = NewLink(1, "sale") with
        {
            ExpiresAt = Now,
            MaxVisits = 7,
            Settings = new LinkSettings { Title = "Sale", Tags = ["Spring"] },
        };
        await AddAsync(link);
        var erased = link.Erase(Now.AddDays(1)) with { Version = 2 };
        Assert.NotNull(await Store.ReplaceAsync(erased, default));
        var found = await Reader.FindAsync(link.Name, default);

        Assert.Equal(erased, found);
        Assert.True(found!.IsErased);
        Assert.Equal(
            (link.Id, link.Name, "", null, null, Now.AddDays(1), LinkSettings.None),
            (found.Id, found.Name, found.Target, found.ExpiresAt, found.MaxVisits, found.DeletedAt,
                found.Settings));
        Assert.Equal(AddLinkResult.CodeTaken, await AddAsync(NewLink(2, "sale")));
        Assert.Single(await ReadChangesAsync());
    }

    /// <summary>A request can have read the link before the link is erased.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_erased_link_allows_no_visit_beyond_its_limit(bool isLimitRemovedBefore)
    {
        var link = NewLink(1, "sale") with { MaxVisits = 3 };
        await AddAsync(link);
        Assert.All(await TakeAllAsync(link, 3), Assert.True);
        if (isLimitRemovedBefore)
            await Store.ReplaceAsync(link with { MaxVisits = null, Version = 2 }, default);
        var erased = link.Erase(Now) with { Version = isLimitRemovedBefore ? 3 : 2 };
        Assert.NotNull(await Store.ReplaceAsync(erased, default));

        Assert.False(await Store.TakeVisitAsync(link, default));
    }

    [Fact]
    public async Task A_cleanup_finds_the_links_that_were_deleted_or_expired_long_ago()
    {
        await AddManyAsync(6_000);
        var links = new[]
        {
            NewLink(1, "plain"),
            NewLink(2, "expires") with { ExpiresAt = Now },
            NewLink(3, "expired", domain: "s.example.org") with { ExpiresAt = Now.AddDays(-2) },
            NewLink(4, "deleted") with { DeletedAt = Now },
            NewLink(5, "gone") with { DeletedAt = Now.AddDays(-4) },
            NewLink(6, "gone-later") with { DeletedAt = Now, ExpiresAt = Now.AddDays(-9) },
            NewLink(7, "erased").Erase(Now.AddDays(-9)),
        };
        foreach (var link in links)
        {
            await AddAsync(link with { Target = "https://example.com/", DeletedAt = null });
            await Store.ReplaceAsync(link with { Version = 2 }, default);
        }

        Assert.Equal(["expired", "gone"], await FindOldAsync(Now.AddDays(-3), Now.AddDays(-1)));
        Assert.Equal(["gone"], await FindOldAsync(Now.AddDays(-3), null));
        Assert.Equal(["expired"], await FindOldAsync(null, Now.AddDays(-1)));
        Assert.Empty(await FindOldAsync(Now.AddDays(-5), Now.AddDays(-3)));
    }

    /// <summary>Lets the next pass of the clean-up begin now.</summary>
    protected virtual Task AllowCleanupAsync() => Task.CompletedTask;

    private async Task<IReadOnlyList<string>> FindOldAsync(
        DateTimeOffset? deletedBefore, DateTimeOffset? expiredBefore)
    {
        await AllowCleanupAsync();
        var (times, old) = (new CleanupTimes(deletedBefore, expiredBefore), new List<string>());
        for (var pages = 1; ; pages++)
        {
            var page = await Cleanup.ReadPageAsync(times, default);
            old.AddRange(page!.Old.Select(name => name.Code));
            if (!page.IsLast)
                continue;
            Assert.Equal(2, pages);
            return [.. old.Order(StringComparer.Ordinal)];
        }
    }
}
