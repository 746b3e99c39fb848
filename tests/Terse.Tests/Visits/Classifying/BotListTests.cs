using System.Text.Json;
using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class BotListTests
{
    [Fact]
    public void Every_example_of_the_public_list_is_a_bot()
    {
        var path = Path.Combine(Repository.Root, "tests/Terse.Tests/Visits/Classifying/Data/crawlers.json");
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        var examples = json.RootElement.EnumerateArray().Select(example => example.GetString()!).ToList();

        Assert.True(examples.Count > 200);
        Assert.DoesNotContain(examples, example => !BotList.Has(example));
    }

    [Theory]
    [InlineData("curl/8.5.0")]
    [InlineData("Wget/1.21.4")]
    [InlineData("python-requests/2.32.3")]
    [InlineData("Go-http-client/2.0")]
    [InlineData("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")]
    [InlineData("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")]
    [InlineData("WhatsApp/2.23.20.0")]
    [InlineData("Twitterbot/1.0")]
    [InlineData("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)")]
    [InlineData("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36")]
    public void Programs_that_follow_links_are_bots(string agent) => Assert.True(BotList.Has(agent));

    [Theory]
    [InlineData("Googlebot\\/", "Googlebot/")]
    [InlineData("Y!J", "Y!J")]
    [InlineData("a\\.b\\(c", "a.b(c")]
    [InlineData("a.b", null)]
    [InlineData("[wW]get", null)]
    [InlineData("^curl", null)]
    [InlineData("\\d", null)]
    [InlineData("a\\", null)]
    public void A_pattern_without_operators_is_searched_as_plain_text(string pattern, string? text)
    {
        Assert.Equal(text, BotList.TextOf(pattern));
    }

    [Fact]
    public void A_very_long_user_agent_is_searched_without_backtracking()
    {
        var agent = string.Concat(Enumerable.Repeat("ContextualBot Spider Current ", 50_000));
        Assert.False(BotList.Has(agent));
    }
}
