using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class LinkPreviewRobotTests
{
    [Theory]
    [InlineData("Twitterbot/1.0")]
    [InlineData("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")]
    [InlineData("facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984")]
    [InlineData("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")]
    [InlineData("WhatsApp/2.23.20.0")]
    [InlineData("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)")]
    [InlineData("TelegramBot (like TwitterBot)")]
    [InlineData("LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)")]
    [InlineData("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5")]
    [InlineData("http.rb/5.1.1 (Mastodon/4.2.0; +https://mastodon.example/) Bot")]
    [InlineData("Synapse (bot; +https://github.com/matrix-org/synapse)")]
    public void A_program_that_shows_previews_of_links_is_recognized(string agent)
    {
        Assert.True(LinkPreviewRobots.Has(agent));
        Assert.True(UserAgent.Read(agent).IsBot);
    }

    [Theory]
    [InlineData("")]
    [InlineData("curl/8.5.0")]
    [InlineData("python-requests/2.32.3")]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")]
    public void Another_program_is_no_link_preview_robot(string agent) =>
        Assert.False(LinkPreviewRobots.Has(agent));

    [Theory]
    [MemberData(nameof(RealAgents.All), MemberType = typeof(RealAgents))]
    public void A_browser_is_no_link_preview_robot(string browser, string os, string device, string agent) =>
        Assert.False(LinkPreviewRobots.Has(agent), $"{browser} on {os}, {device}");
}
