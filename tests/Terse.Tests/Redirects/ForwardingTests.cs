using FsCheck;
using FsCheck.Fluent;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class ForwardingTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("a=1", "", "a=1")]
    [InlineData("", "b=2", "b=2")]
    [InlineData("a=1&b=2&a=3", "a=9", "a=9&b=2")]
    [InlineData("a=1&b=2", "c&a=8&a=9", "a=8&a=9&b=2&c")]
    [InlineData("a+b=1", "a%20b=2", "a%20b=2")]
    [InlineData("A=1", "a=2", "A=1&a=2")]
    [InlineData("123=foo", "456=bar", "123=foo&456=bar")]
    [InlineData("a", "a=", "a=")]
    public void A_merged_parameter_replaces_the_one_of_the_target(
        string target, string sent, string merged) =>
        Assert.Equal(merged, ForwardedQuery.Merge(target, sent));

    /// <summary>
    /// Compares with a plain reference: the parsed parameters of the target whose names were not sent, and
    /// all sent parameters.
    /// </summary>
    [Fact]
    public void A_merged_query_contains_the_sent_parameters_and_the_others_of_the_target()
    {
        var parameter = Gen.Elements("a", "a=1", "a=2", "b=%20", "b=+", "c%20d=1", "c+d=2", "=", "", "e=f=g");
        var query = parameter.ListOf().Select(parts => string.Join('&', parts));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2_000),
            Prop.ForAll(query.Two().ToArbitrary(), pair =>
            {
                var (target, sent) = pair;
                var expected = Parse(sent)
                    .Concat(Parse(target).Where(own => Parse(sent).All(other => other.Name != own.Name)));
                Assert.Equal(expected.Order(), Parse(ForwardedQuery.Merge(target, sent)).Order());
            }));
    }

    [Theory]
    [InlineData("https://e.example/docs/", "/a/b%20c", "", "https://e.example/docs/a/b%20c")]
    [InlineData("https://e.example/docs", "/a", "", "https://e.example/docs/a")]
    [InlineData("https://e.example", "/a", "", "https://e.example/a")]
    [InlineData("https://e.example/docs?x=1#y", "/a", "?z=2", "https://e.example/docs/a?x=1&z=2#y")]
    [InlineData("https://e.example/docs/", "/", "", "https://e.example/docs/")]
    [InlineData("https://e.example/docs/", "/..%2f..%2fadmin", "", "https://e.example/docs/..%2f..%2fadmin")]
    [InlineData("https://e.example/docs/", "/a//b", "", "https://e.example/docs/a//b")]
    [InlineData("https://e.example/?", "", "?", "https://e.example/")]
    [InlineData("https://e.example/#a?b", "", "?c", "https://e.example/?c#a?b")]
    public void A_path_and_a_query_are_added_to_the_target(
        string target, string path, string query, string expected)
    {
        var settings = new LinkSettings { ForwardPath = true, ForwardQuery = QueryForwarding.Append };

        Assert.True(ForwardedTarget.TryForward(target, settings, path, query, out var forwarded));
        Assert.Equal(expected, forwarded);
    }

    [Theory]
    [InlineData("/../admin")]
    [InlineData("/%2e%2E/admin")]
    [InlineData("/a/.%2e")]
    [InlineData("/a/.")]
    [InlineData(@"/a\..\b")]
    public void A_path_that_leads_upwards_is_not_forwarded(string path)
    {
        var settings = new LinkSettings { ForwardPath = true };

        Assert.False(ForwardedTarget.TryForward("https://e.example/docs/", settings, path, "", out _));
    }

    [Fact]
    public void A_path_is_not_forwarded_unless_the_link_asks_for_it() =>
        Assert.False(ForwardedTarget.TryForward("https://e.example/", LinkSettings.None, "/a", "", out _));

    private static IEnumerable<(string Name, string Value)> Parse(string query) =>
        from part in query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        let pair = part.Split('=', 2)
        select (Uri.UnescapeDataString(pair[0].Replace('+', ' ')), part[pair[0].Length..]);
}
