using System.Text;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitClassifierTests
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

    private readonly VisitClassifier _classifier = new();

    [Fact]
    public void A_visit_is_told_from_what_was_taken_down()
    {
        var visit = _classifier.Classify(
            7,
            1_700_000_000_123,
            RedirectOutcome.Expired,
            isBot: false,
            "de"u8,
            "News.Example"u8,
            Encoding.UTF8.GetBytes(Firefox));

        var at = new DateTimeOffset(2023, 11, 14, 22, 13, 20, 123, TimeSpan.Zero);
        Assert.Equal(
            new Visit(
                new Tsid(7), at, RedirectOutcome.Expired, IsBot: false, "DE", "news.example", "Firefox",
                "Linux", "desktop"),
            visit);
    }

    [Fact]
    public void A_visit_without_headers_is_a_visit_of_a_bot_and_has_no_texts()
    {
        var visit = _classifier.Classify(1, 0, RedirectOutcome.Followed, isBot: false, [], [], []);

        Assert.True(visit.IsBot);
        Assert.Equal("", visit.Country + visit.Referrer + visit.Browser + visit.Os + visit.Device);
    }

    [Theory]
    [InlineData(Firefox, false, false)]
    [InlineData(Firefox, true, true)]
    [InlineData("curl/8.5.0", false, true)]
    [InlineData("curl/8.5.0", true, true)]
    public void A_visit_is_of_a_bot_if_the_request_or_the_user_agent_shows_it(
        string agent, bool isBotByRequest, bool isBot)
    {
        var visit = _classifier.Classify(
            1, 0, RedirectOutcome.Followed, isBotByRequest, [], [], Encoding.UTF8.GetBytes(agent));

        Assert.Equal(isBot, visit.IsBot);
    }

    [Theory]
    [InlineData("FR", "FR")]
    [InlineData("fr", "FR")]
    [InlineData("XX", "")]
    [InlineData("zz", "")]
    [InlineData("T1", "")]
    [InlineData("F", "")]
    [InlineData("FRA", "")]
    [InlineData("@A", "")]
    [InlineData("[{", "")]
    [InlineData("é", "")]
    public void A_country_is_two_letters_or_nothing(string text, string country)
    {
        Assert.Equal(country, CountryCode.Of(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(country, CountryCode.Of(text));
    }

    [Fact]
    public void A_visitor_like_others_before_allocates_nothing()
    {
        var agent = Encoding.UTF8.GetBytes(Firefox);
        Classify(agent);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Classify(agent);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_host_that_is_none_is_not_kept()
    {
        Assert.Equal("", ReferrerOf("a b"));
        Assert.Equal("", ReferrerOf("\u0001"));
        Assert.Equal("", ReferrerOf(string.Join('.', Enumerable.Repeat("long", 60))));
        Assert.Equal("xn--bcher-kva.example", ReferrerOf("bücher.example"));
    }

    private string ReferrerOf(string host) =>
        _classifier.Classify(
            1, 0, RedirectOutcome.Followed, isBot: false, [], Encoding.UTF8.GetBytes(host), []).Referrer;

    private void Classify(byte[] agent) =>
        _classifier.Classify(
            1, 0, RedirectOutcome.Followed, isBot: false, "DE"u8, "news.example"u8, agent);
}
