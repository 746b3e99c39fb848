using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class UserAgentTests
{
    [Theory]
    [MemberData(nameof(RealAgents.All), MemberType = typeof(RealAgents))]
    public void A_real_browser_is_recognized_and_is_not_a_bot(
        string browser, string os, string device, string agent)
    {
        Assert.Equal(new(browser, os, device, IsBot: false), UserAgent.Read(agent));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("Mozilla/5.0")]
    [InlineData("something of its own")]
    public void An_unknown_user_agent_has_empty_fields(string agent)
    {
        Assert.Equal(new("", "", "", IsBot: false), UserAgent.Read(agent));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_user_agent_is_a_bot(string agent) =>
        Assert.Equal(new("", "", "", IsBot: true), UserAgent.Read(agent));

    [Fact]
    public void A_known_command_line_program_is_a_bot_with_a_name()
    {
        Assert.Equal(new("curl", "", "", IsBot: true), UserAgent.Read("curl/8.5.0"));
        Assert.Equal(new("Wget", "Linux", "desktop", IsBot: true), UserAgent.Read("Wget/1.21.4 (Linux)"));
    }

    [Fact]
    public void A_bot_with_the_user_agent_of_a_browser_is_a_bot()
    {
        const string Agent = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 "
            + "(KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
            + "+http://www.google.com/bot.html)";
        Assert.Equal(new("Chrome", "Android", "phone", IsBot: true), UserAgent.Read(Agent));
    }
}
