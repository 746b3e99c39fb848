using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Domains;
using Terse.Harness;
using Terse.Links;

namespace Terse.TestSupport;

/// <summary>
/// The tests that the lists of every store must pass. Small limits make a few hundred links as hard as
/// millions: pages end early, and rare words use the index.
/// </summary>
public abstract class LinkListContract : IAsyncLifetime
{
    private const int Links = 400;

    private protected static readonly ListLimits SmallLimits = new(
        MaxExamined: 40, MaxScattered: 20, MaxCounted: 100, DenseShare: 0.2, SliceLinks: 30, TimeSpan.Zero);

    private readonly FixedTime _time = new();

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract ILinkStore Store { get; }

    private protected abstract IAliasStore Aliases { get; }

    private protected abstract ILinkList List { get; }

    private protected abstract IListIndex Index { get; }

    private protected abstract ITagStore Tags { get; }

    /// <summary>Renames and deletes tags as the server does it in the background.</summary>
    private protected abstract Task ChangeTagsAsync();

    protected abstract ValueTask CloseAsync();

    /// <summary>Runs statements that change rows, in the dialect that both databases share.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Returns how many links are not indexed yet.</summary>
    protected abstract Task<long> CountUnlistedAsync();

    private LinkLister Lister => NewLister(SmallLimits);

    private LinkLister NewLister(ListLimits limits) => new(
        List,
        new LinkSamples(List, limits, _time),
        limits,
        new DomainMap(Options.Create(new DomainOptions { Others = ["s.example.org"] })),
        _time);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_list_contains_exactly_the_links_that_a_plain_scan_finds(int seed)
    {
        var random = new RandomLinks(seed);
        var links = await AddAllAsync(random);
        var lister = Lister;
        for (var round = 0; round < 60; round++)
        {
            var filter = random.NewFilter();
            var order = (ListOrder)(round % 3);
            var found = await WalkAsync(lister, filter, order);
            var expected = links.Where(link => RandomLinks.Matches(filter, link, UsedOf(link)));
            var sorted = order switch
            {
                ListOrder.Newest => expected.OrderByDescending(IdOf),
                ListOrder.Oldest => expected.OrderBy(IdOf),
                _ => expected.OrderByDescending(link => (VisitsOf(link), IdOf(link))),
            };
            Assert.True(
                sorted.Select(IdOf).SequenceEqual(found.Select(link => link.Id)),
                $"seed {seed}, round {round}: {filter.Text?.Parts[0].Text} {filter}");
        }
    }

    [Fact]
    public async Task A_changed_link_is_found_by_its_new_words_and_tags_only()
    {
        var links = await AddAllAsync(new RandomLinks(4));
        var link = links.First(link => link.DeletedAt is null) with
        {
            Version = 2,
            Settings = new LinkSettings { Title = "quokka", Tags = ["Marsupial"] },
        };
        await Store.ReplaceAsync(link, default);
        await IndexAllAsync();
        Assert.Equal([link.Id.ToInt64()], await SearchAsync("quokk"));
        Assert.Equal([link.Id.ToInt64()], await TaggedAsync("marsupial"));

        await Store.ReplaceAsync(
            link with { Version = 3, Settings = new LinkSettings { Title = "wombat" } }, default);
        await IndexAllAsync();
        Assert.Empty(await SearchAsync("quokk"));
        Assert.Empty(await TaggedAsync("marsupial"));
        Assert.Equal([link.Id.ToInt64()], await SearchAsync("WOMB"));
        Assert.Empty(await Tags.ListAsync(new("MARSUPIAL", null, 10), default));
    }

    [Fact]
    public async Task Links_that_existed_before_the_index_are_indexed_step_by_step()
    {
        var links = await AddAllAsync(new RandomLinks(5));
        await ForgetIndexAsync();
        Assert.Equal(links.Count, await CountUnlistedAsync());

        Assert.True(await Index.IndexAsync(default));
        Assert.InRange(await CountUnlistedAsync(), 1, links.Count - 1);
        var page = await Lister.ListAsync(
            new(new LinkFilter { AllTags = ["RARE"] }, ListOrder.Newest, null, 500), default, default);
        Assert.True(page.IsIncomplete);

        await IndexAllAsync();
        var found = await WalkAsync(Lister, new LinkFilter { AllTags = ["RARE"] }, ListOrder.Newest);
        Assert.Equal(
            links.Count(link => TagName.FoldAll(link.Settings.Tags).Contains("RARE")), found.Count);
    }

    [Fact]
    public async Task An_alias_finds_its_link_and_is_no_link_of_its_own()
    {
        var links = await AddAllAsync(new RandomLinks(13));
        var link = links.First(link => link.DeletedAt is null);
        var alias = new NewAlias(
            Tsid.FromInt64(9_000_000), "wombat-code", TimeProvider.System.GetUtcNow().AddSeconds(1));
        await Aliases.AddAliasAsync(LinkCodes.With(link, alias.Code)! with { Version = 2 }, alias, default);
        await IndexAllAsync();
        Assert.Equal([IdOf(link)], await SearchAsync("womba"));
        Assert.Equal([IdOf(link)], await SearchAsync("wombat-code"));
        Assert.Contains(IdOf(link), await SearchAsync(link.Code));
        Assert.Equal(links.Count, (await WalkAsync(Lister, new LinkFilter(), ListOrder.Oldest)).Count);
    }

    [Fact]
    public async Task An_erased_link_keeps_neither_words_nor_tags_nor_rank()
    {
        var links = await AddAllAsync(new RandomLinks(14));
        var link = links.First(link => VisitsOf(link) > 0 && link.Settings.Tags?.Count > 0);
        var tag = TagName.Fold(link.Settings.Tags![0]);
        var before = await TaggedAsync(tag);
        await Store.ReplaceAsync(link.Erase(RandomLinks.Now) with { Version = link.Version + 1 }, default);
        await IndexAllAsync();
        while (await Index.RankAsync(TimeSpan.Zero, default))
        {
            // The visits of the link are not deleted yet, but it must not get a rank again.
        }

        Assert.Equal(before.Where(id => id != IdOf(link)), await TaggedAsync(tag));
        Assert.Equal(
            before.Count - 1, (await Tags.ListAsync(new(tag, null, 1), default)).Single().Tag.Links);
        var deleted = new LinkFilter { State = LinkState.Deleted };
        var listed = await WalkAsync(Lister, deleted, ListOrder.Visits);
        Assert.Equal(0, listed.Single(other => other.Id == IdOf(link)).Numbers.Rank);
    }

    [Fact]
    public async Task A_count_ends_at_its_limit()
    {
        var links = await AddAllAsync(new RandomLinks(6));
        Assert.Equal(new LinkCount(100, IsExact: false), await Lister.CountAsync(new LinkFilter(), default));
        var all = NewLister(ListLimits.Default);
        Assert.Equal(new LinkCount(links.Count, true), await all.CountAsync(new LinkFilter(), default));
    }

    [Fact]
    public async Task A_link_that_nobody_has_visited_since_a_time_is_listed()
    {
        var links = await AddAllAsync(new RandomLinks(7));
        var filter = new LinkFilter { NotVisitedSince = RandomLinks.Now.AddYears(-1) };
        var found = await WalkAsync(Lister, filter, ListOrder.Oldest);
        Assert.Equal(links.Where(link => VisitsOf(link) == 0).Select(IdOf), found.Select(link => link.Id));
    }

    [Fact]
    public async Task Tags_are_listed_in_order_with_their_links_and_visits()
    {
        var links = await AddAllAsync(new RandomLinks(8));
        var expected = links
            .SelectMany(link => TagName.FoldAll(link.Settings.Tags).Select(tag => (tag, link)))
            .GroupBy(pair => pair.tag, StringComparer.Ordinal)
            .OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .Select(tag => (tag.Key, (long)tag.Count(), tag.Sum(pair => VisitsOf(pair.link))))
            .ToList();
        var listed = new List<(string, long, long)>();
        IReadOnlyList<ListedTag> page;
        do
        {
            page = await Tags.ListAsync(new("", listed.Count == 0 ? null : listed[^1].Item1, 2), default);
            listed.AddRange(page.Select(tag => (tag.Tag.Folded, tag.Tag.Links, tag.Tag.Visits)));
        }
        while (page.Count > 0);
        Assert.Equal(expected, listed);
        Assert.Equal(2, (await Tags.ListAsync(new("NEWS", null, 10), default)).Count);
    }

    [Fact]
    public async Task A_tag_is_renamed_on_all_its_links()
    {
        var links = await AddAllAsync(new RandomLinks(9));
        var count = await CountTaggedAsync("X/Y");
        Assert.Equal(TagRequestResult.NotFound, await RequestAsync("NONE", "n"));
        Assert.Equal(TagRequestResult.NameTaken, await RequestAsync("X/Y", "news"));
        Assert.Equal(TagRequestResult.Accepted, await RequestAsync("X/Y", "Zed"));
        Assert.True((await Tags.ListAsync(new("X", null, 10), default)).Single().IsChanging);

        await ChangeAllTagsAsync();
        Assert.Equal(0, await CountTaggedAsync("X/Y"));
        Assert.Equal(count, await CountTaggedAsync("ZED"));
        var tag = (await Tags.ListAsync(new("Z", null, 10), default)).Single();
        Assert.Equal(("Zed", count, false), (tag.Tag.Name, (int)tag.Tag.Links, tag.IsChanging));
        Assert.Equal(links.Count, (await WalkAsync(Lister, new LinkFilter(), ListOrder.Newest)).Count);
    }

    /// <summary>The indexer deletes a tag without links while a change of the tag is requested.</summary>
    [Fact]
    public async Task A_change_whose_tag_is_gone_does_not_stop_the_changes_of_other_tags()
    {
        await AddAllAsync(new RandomLinks(15));
        await ExecuteAsync("INSERT INTO tag_change (tag_id) VALUES (-1)");
        var tag = (await Tags.ListAsync(new("", null, 1), default)).Single().Tag.Folded;
        Assert.Equal(TagRequestResult.Accepted, await RequestAsync(tag, newName: null));
        await ChangeAllTagsAsync();

        Assert.Equal(0, await CountTaggedAsync(tag));
    }

    [Fact]
    public async Task A_tag_that_is_renamed_to_an_existing_one_merges_with_it()
    {
        var links = await AddAllAsync(new RandomLinks(10));
        var either = links.Count(link => TagName.FoldAll(link.Settings.Tags).Overlaps(["X/Y", "NEWS"]));
        Assert.Equal(TagRequestResult.Accepted, await RequestAsync("X/Y", "news", mayMerge: true));
        await ChangeAllTagsAsync();
        Assert.Equal(either, await CountTaggedAsync("NEWS"));
        Assert.Empty(await Tags.ListAsync(new("X", null, 10), default));
    }

    [Fact]
    public async Task A_tag_is_not_merged_with_one_that_is_being_changed()
    {
        await AddAllAsync(new RandomLinks(13));
        var results = await Task.WhenAll(
            RequestAsync("X/Y", "news", mayMerge: true), RequestAsync("NEWS", "x/y", mayMerge: true));
        Assert.Equal([TagRequestResult.Accepted, TagRequestResult.NameChanging], results.Order());
        await ChangeAllTagsAsync();

        Assert.Single((await Tags.ListAsync(new("", null, 100), default)).Where(
            tag => tag.Tag.Folded is "X/Y" or "NEWS"));
    }

    [Fact]
    public async Task The_case_of_a_tag_changes_on_all_its_links()
    {
        await AddAllAsync(new RandomLinks(11));
        await RequestAsync("NEWS", "nEWs");
        await ChangeAllTagsAsync();
        var found = await WalkAsync(Lister, new LinkFilter { AllTags = ["NEWS"] }, ListOrder.Newest);
        Assert.NotEmpty(found);
        Assert.All(found, link => Assert.Contains("nEWs", link.Link.Settings.Tags!));
        var tag = (await Tags.ListAsync(new("NEWS", null, 1), default)).Single();
        Assert.Equal(("nEWs", false), (tag.Tag.Name, tag.IsChanging));
    }

    [Fact]
    public async Task A_deleted_tag_is_removed_from_all_its_links()
    {
        await AddAllAsync(new RandomLinks(12));
        await RequestAsync("NEWS", null);
        await ChangeAllTagsAsync();
        Assert.Equal(0, await CountTaggedAsync("NEWS"));
        Assert.Equal(
            "NEWS LETTER", (await Tags.ListAsync(new("NEWS", null, 10), default)).Single().Tag.Folded);
    }

    private Task<TagRequestResult> RequestAsync(string folded, string? newName, bool mayMerge = false) =>
        Tags.RequestAsync(new(folded, newName, mayMerge, Actor.None), default);

    private async Task ChangeAllTagsAsync()
    {
        await Eventually.IsTrueAsync(async () =>
        {
            await ChangeTagsAsync();
            await IndexAllAsync();
            return (await Tags.ListAsync(new("", null, 100), default)).All(tag => !tag.IsChanging);
        });
    }

    private async Task<int> CountTaggedAsync(string folded) =>
        (await WalkAsync(Lister, new LinkFilter { AllTags = [folded] }, ListOrder.Newest)).Count;

    private async Task<List<long>> SearchAsync(string text) =>
        (await WalkAsync(Lister, new LinkFilter { Text = SearchText.Parse(text) }, ListOrder.Newest))
            .ConvertAll(link => link.Id);

    private async Task<List<long>> TaggedAsync(string tag) =>
        (await WalkAsync(Lister, new LinkFilter { AllTags = [TagName.Fold(tag)] }, ListOrder.Newest))
            .ConvertAll(link => link.Id);

    /// <summary>Reads all pages of a list.</summary>
    private static async Task<List<ListedLink>> WalkAsync(
        LinkLister lister, LinkFilter filter, ListOrder order)
    {
        var links = new List<ListedLink>();
        ListPosition? next = null;
        for (var pages = 0; pages < Links; pages++)
        {
            var page = await lister.ListAsync(new(filter, order, next, 7), default, default);
            Assert.InRange(page.Links.Count, 0, 7);
            links.AddRange(page.Links);
            if (page.Next is not { } after)
                return links;
            next = after;
        }

        throw new InvalidOperationException("The list does not end.");
    }

    private static long IdOf(Link link) => link.Id.ToInt64();

    private static long VisitsOf(Link link) => IdOf(link) / 1000 % 5 == 0 ? IdOf(link) / 1000 % 7 : 0;

    private static long UsedOf(Link link) => link.MaxVisits is null ? 0 : IdOf(link) / 1000 % 3;

    private async Task<List<Link>> AddAllAsync(RandomLinks random)
    {
        var links = Enumerable.Range(1, Links).Select(random.NewLink).ToList();
        foreach (var group in links.Chunk(100))
        {
            var added = await Task.WhenAll(group.Select(link => Store.AddAsync(
                link with { DeletedAt = null }, TimeProvider.System.GetUtcNow().AddSeconds(1), default)));
            Assert.All(added, result => Assert.Equal(AddLinkResult.Added, result));
        }

        foreach (var link in links.Where(link => link.DeletedAt is not null))
            await Store.ReplaceAsync(link with { Version = 2 }, default);
        await SetVisitsAsync(links);
        await IndexAllAsync();
        while (await Index.RankAsync(TimeSpan.Zero, default))
        {
        }

        return links.ConvertAll(link => link.DeletedAt is null ? link : link with { Version = 2 });
    }

    private Task SetVisitsAsync(List<Link> links) => ExecuteAsync(string.Concat(links.Select(link =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO visit_total (link_id, visits, bot_visits)
            SELECT {IdOf(link)}, {VisitsOf(link)}, 1 WHERE {VisitsOf(link)} > 0;
            UPDATE link_limit SET used = {UsedOf(link)} WHERE link_id = {IdOf(link)};
            """))));

    private async Task ForgetIndexAsync()
    {
        foreach (var table in (string[])["link_tag", "tag", "link_sample", "created_hour", "unlisted_link"])
            await ExecuteAsync($"DELETE FROM {table}");
        await ForgetProgressAsync();
    }

    /// <summary>Sets the progress to the state right after the migration of a database with links.</summary>
    protected abstract Task ForgetProgressAsync();

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => RandomLinks.Now;
    }

    private Task IndexAllAsync() => Eventually.IsTrueAsync(async () =>
    {
        while (await Index.IndexAsync(default))
        {
        }

        return await CountUnlistedAsync() == 0;
    });
}
