using Terse.Links;
using Terse.Redirects;
using Terse.Visits;

namespace Terse.Tests.Redirects;

public sealed class CachedLinkTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_cached_link_has_the_name_the_id_and_the_ASCII_target_of_its_link()
    {
        var link = new Link(Tsid.FromInt64(9), "a.example", "sale", "https://bücher.example/", Noon);
        var cached = CachedLink.Of(link, link.Name, loadedAt: 5, isBlocked: false, now: default);

        Assert.Equal(link.Name, cached.Name);
        Assert.Equal((9, "https://xn--bcher-kva.example/"), (cached.Id, cached.Location));
        Assert.Equal((5, long.MaxValue), (cached.LoadedAt, cached.ExpiresAt));
        Assert.Equal((0, true), (cached.Hits, cached.IsCacheable));
        Assert.Null(cached.Conditional);
    }

    [Fact]
    public void The_bytes_of_a_cached_link_are_its_overhead_and_two_for_each_character()
    {
        var cached = TestLinks.NewCached("sale", target: "https://example.com/a");

        Assert.Equal(144 + 44 + (2 * (4 + 21)), cached.Bytes);
        Assert.InRange(CachedLink.MinBytes, 1, cached.Bytes);
    }

    [Fact]
    public void Hits_are_counted_up_to_three()
    {
        var cached = TestLinks.NewCached("sale");
        var counts = new List<int>();
        for (var hit = 0; hit < 5; hit++)
        {
            cached.CountHit();
            counts.Add(cached.Hits);
        }

        Assert.Equal([1, 2, 3, 3, 3], counts);
    }

    [Fact]
    public void A_link_expires_at_the_millisecond_of_its_expiry()
    {
        var link = TestLinks.NewLink("sale") with { ExpiresAt = Noon };
        var cached = CachedLink.Of(link, link.Name, loadedAt: 0, isBlocked: false, now: default);
        var before = Noon.AddMilliseconds(-1);

        Assert.False(cached.HasExpired(before));
        Assert.True(cached.HasExpired(Noon));
        Assert.Equal(RedirectOutcome.Followed, cached.OutcomeAt(before));
        Assert.Equal(RedirectOutcome.Expired, cached.OutcomeAt(Noon));
        Assert.True(cached.IsCacheable);
    }

    [Theory]
    [InlineData(false, false, "Followed", true)]
    [InlineData(false, true, "Blocked", false)]
    [InlineData(true, false, "Deleted", false)]
    [InlineData(true, true, "Deleted", false)]
    public void A_deleted_or_blocked_link_is_not_followed_and_not_cached(
        bool isDeleted, bool isBlocked, string outcome, bool isCacheable)
    {
        var link = TestLinks.NewLink("sale") with
        {
            DeletedAt = isDeleted ? Noon : null,
            ExpiresAt = isDeleted || isBlocked ? Noon : null,
        };
        var cached = CachedLink.Of(link, link.Name, loadedAt: 0, isBlocked, now: default);

        Assert.Equal((outcome, outcome), ($"{cached.Outcome}", $"{cached.OutcomeAt(Noon)}"));
        Assert.Equal(isCacheable, cached.IsCacheable);
    }

    [Fact]
    public void A_link_with_a_limited_number_of_visits_is_not_cached()
    {
        var link = TestLinks.NewLink("sale") with { MaxVisits = 3 };
        var cached = CachedLink.Of(link, link.Name, loadedAt: 0, isBlocked: false, now: default);

        Assert.False(cached.IsCacheable);
        Assert.Equal(link, cached.Conditional?.Link);
    }

    [Fact]
    public void A_link_with_rules_is_cached_with_its_compiled_rules()
    {
        var link = TestLinks.NewLink("sale") with
        {
            Settings = new()
            {
                Rules = [new("half", new() { Percent = 50 }, "https://bücher.example/")],
                ValidFrom = Noon,
            },
        };
        var cached = CachedLink.Of(link, link.Name, loadedAt: 0, isBlocked: false, now: Noon);

        Assert.NotNull(cached.Conditional?.Rules);
        Assert.True(cached.IsCacheable);
        Assert.False(cached.HasStarted(Noon.AddDays(1)), "each request would load the link again");
        Assert.InRange(
            cached.Bytes - TestLinks.NewCached("sale").Bytes, "https://bücher.example/".Length * 4, 2_000);
    }

    [Theory]
    [InlineData("0123456789abcdef", true)]
    [InlineData("0123456789abcdefg", false)]
    [InlineData("snö", false)]
    public void A_code_of_up_to_16_ASCII_characters_has_a_packed_form(string code, bool isPacked)
    {
        HashedLinkName name = new LinkName("", code);

        Assert.Equal(isPacked, name.Packed != 0);
        Assert.True(TestLinks.NewCached(code).HasName(name));
        Assert.False(TestLinks.NewCached("x" + code[1..]).HasName(name));
        Assert.False(TestLinks.NewCached(code[..^1] + "x").HasName(name));
    }

    [Fact]
    public void The_hash_of_a_name_depends_on_its_domain_and_its_code()
    {
        var hashes = new[] { new LinkName("", "sale"), new("", "more"), new("a", "sale"), new("b", "sale") }
            .Select(name => ((HashedLinkName)name).Hash);

        Assert.Equal(4, hashes.Distinct().Count());
        Assert.Equal(new HashedLinkName("a", "xsale".AsSpan(1)).Hash, new HashedLinkName("a", "sale").Hash);
    }

    [Fact]
    public void A_link_has_no_name_of_another_domain()
    {
        Assert.False(TestLinks.NewCached("sale").HasName(new HashedLinkName("a.example", "sale")));
    }
}
