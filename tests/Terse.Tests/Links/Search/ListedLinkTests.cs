using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>The quick checks of a listed link must never reject what the full checks find.</summary>
public sealed class ListedLinkTests
{
    private static readonly string[] Texts =
    [
        "Summer", "SUMMER sale", "sum\u200Dmer", "\u212Aelvin", "\u017Fummer", "100% sum", "구글 링크", "a&b",
        "\"x\\y\"", "title", "Straße", "🎉summer", "",
    ];

    private static readonly string[] Targets =
    [
        "https://example.com/Summer", "https://example.com/%53ummer", "https://EXAMPLE.com./x?kelvin=1",
        "https://ex%61mple.com/구글", "https://user@shop.example:8080/", "http://0x7f.1/",
        "mailto:summer@example.com",
        "https://bücher.example/", "http://[::1]/summer", "https://example.com.evil.example/",
    ];

    private static readonly string[] Searches =
    [
        "summer", "sum", "kelvin", "구글", "구", "x", "title", "tags", "ſummer", "straße", "🎉", "example",
        "b", "y",
    ];

    private static readonly string[] Tags =
        ["SUMMER", "A&B", "구글 링크", "TITLE", "Straße", "100% SUM", "X"];

    private static readonly string[] Hosts =
    [
        "example.com", "shop.example", "127.0.0.1", "xn--bcher-kva.example", "[::1]",
        "example.com.evil.example", "ample.com",
    ];

    [Fact]
    public void Words_are_found_as_in_the_words_of_the_whole_link()
    {
        foreach (var (link, listed) in Links())
        {
            foreach (var search in Searches)
            {
                var word = SearchText.Parse(search).Words.Single();
                Assert.Equal(
                    SearchWords.Of(link).Any(other => other.StartsWith(word, StringComparison.Ordinal)),
                    listed.HasWord(word));
            }

            var found = Searches.Where(listed.HasWord).ToList();
            listed.Prepare();
            Assert.Equal(found, Searches.Where(listed.HasWord));
        }
    }

    [Fact]
    public void Tags_are_found_as_in_the_folded_tags_of_the_whole_link()
    {
        foreach (var (link, listed) in Links())
        {
            foreach (var tag in Tags.Select(TagName.Fold))
                Assert.Equal(TagName.FoldAll(link.Settings.Tags).Contains(tag), listed.HasTag(tag));
        }
    }

    [Fact]
    public void Hosts_are_found_as_in_the_parsed_target()
    {
        foreach (var (link, _) in Links())
        {
            foreach (var host in Hosts)
            {
                var isHost = Target.AuthorityOf(link.Target) is { } authority && authority.Host == host;
                Assert.Equal(isHost, IndexTerms.HasHost(link, host));
            }
        }

        Assert.All(Hosts[..^1], host => Assert.Contains(
            Targets, target => Target.AuthorityOf(target) is { } authority && authority.Host == host));
    }

    [Theory]
    [InlineData(true, null, nameof(LinkState.Disabled))]
    [InlineData(false, 1, nameof(LinkState.Scheduled))]
    [InlineData(false, -1, nameof(LinkState.Active))]
    public void The_state_follows_from_the_stored_settings(
        bool isDisabled, int? validFromHour, string expected)
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        var settings = new LinkSettings
        {
            Title = "\"isDisabled\":true",
            IsDisabled = isDisabled,
            ValidFrom = validFromHour is { } hours ? now.AddHours(hours) : null,
        };
        Assert.Equal(expected, Listed(NewLink(Targets[0], settings)).StateAt(now).ToString());
    }

    private static IEnumerable<(Link Link, ListedLink Listed)> Links() =>
        from target in Targets
        from title in Texts
        from tag in Texts
        let link = NewLink(target, new() { Title = title, Tags = tag.Length == 0 ? null : [tag] })
        select (link, Listed(link));

    private static Link NewLink(string target, LinkSettings settings) =>
        new(Tsid.FromInt64(1), "", "0aB", target, DateTimeOffset.UnixEpoch) { Settings = settings };

    private static ListedLink Listed(Link link) => new(
        link with { Settings = LinkSettings.None }, StoredSettings.Write(link.Settings), LinkNumbers.None);
}
