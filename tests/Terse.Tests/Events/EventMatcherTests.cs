using Terse.Access;
using Terse.Events;

namespace Terse.Tests.Events;

public sealed class EventMatcherTests
{
    private static readonly StoredEvent Changed = new(
        new(1_000_000, 7),
        "link.changed",
        "go.example/guide/sale",
        42,
        3,
        "ops",
        """{"tags":["Old"]}""",
        """{"tags":["Mail","2026"]}""",
        null);

    private static readonly StoredEvent OfDefault = Changed with { Subject = "/sale", LinkId = 43 };

    private static readonly StoredEvent Visited = Changed with
    {
        Type = EventTypes.LinkVisited,
        Before = null,
        After = null,
        Data = """{"visits":2,"tags":["mail"]}""",
    };

    private static readonly StoredEvent Erased = Changed with { Before = null, After = null };

    private static readonly StoredEvent OfKey = new(
        new(1, 1), "key.created", "k1", null, null, null, null, "{}", null);

    public static TheoryData<string, string, string, string, string> Filters => new()
    {
        // types, domains, tags, links, the events that match
        { "", "", "", "", "changed default visited erased key" },
        { "link.changed", "", "", "", "changed default erased" },
        { "link", "", "", "", "changed default visited erased" },
        { "lin", "", "", "", "" },
        { "link.chang", "", "", "", "" },
        { "key,link.visited", "", "", "", "visited key" },
        { "", "go.example", "", "", "changed visited erased" },
        { "", "-", "", "", "default" },
        { "", "go.example,-", "", "", "changed default visited erased" },
        { "", "GO.example", "", "", "" },
        { "", "", "mail", "", "changed default visited" },
        { "", "", "OLD", "", "changed default" },
        { "", "", "none,2026", "", "changed default" },
        { "", "", "", "42", "changed visited erased" },
        { "", "", "", "41,43", "default" },
        { "link.visited", "go.example", "mail", "42", "visited" },
        { "key", "go.example", "", "", "" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_selects_the_events_that_have_one_of_the_values_of_each_list(
        string types, string domains, string tags, string links, string expected)
    {
        var filter = new EventFilter(
            Split(types),
            [.. Split(domains).Select(domain => domain == "-" ? "" : domain)],
            Split(tags),
            [.. Split(links).Select(long.Parse)]);

        Assert.Equal(expected, Names(filter.Matches));
    }

    [Theory]
    [InlineData("viewer", "", "", "changed default visited erased")]
    [InlineData("editor", "", "", "changed default visited erased")]
    [InlineData("admin", "", "", "changed default visited erased key")]
    [InlineData("admin", "go.example", "", "changed visited erased")]
    [InlineData("viewer", "-", "", "default")]
    [InlineData("admin", "", "mail", "changed default visited")]
    [InlineData("admin", "", "old", "")]
    [InlineData("admin", "go.example", "2026", "changed")]
    [InlineData("viewer", "other.example", "", "")]
    public void A_caller_sees_the_events_of_its_links_and_an_unlimited_admin_all_others(
        string role, string domains, string tags, string expected)
    {
        Assert.True(RoleNames.TryParse(role, out var parsed));
        var caller = new Caller(
            "k", parsed, new([.. Split(domains).Select(domain => domain == "-" ? "" : domain)], Split(tags)));

        Assert.Equal(expected, Names(stored => caller.WhatIsSeen(stored) is not null));
    }

    [Fact]
    public void A_caller_does_not_see_the_state_of_a_link_before_it_had_a_tag_of_its_scope()
    {
        var caller = new Caller("k", Role.Viewer, new([], ["mail"]));

        Assert.Null(caller.WhatIsSeen(Changed)!.Before);
        Assert.Equal(Changed.After, caller.WhatIsSeen(Changed)!.After);
        var both = Changed with { Before = """{"tags":["MAIL"]}""" };
        Assert.Same(both, caller.WhatIsSeen(both));
    }

    private static string Names(Func<StoredEvent, bool> isSelected) => string.Join(
        ' ',
        new (string Name, StoredEvent Event)[]
        {
            ("changed", Changed), ("default", OfDefault), ("visited", Visited), ("erased", Erased),
            ("key", OfKey),
        }.Where(pair => isSelected(pair.Event)).Select(pair => pair.Name));

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
