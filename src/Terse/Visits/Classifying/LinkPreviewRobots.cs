using System.Buffers;

namespace Terse.Visits;

/// <summary>
/// Recognizes the programs that read a page to show a preview of a link, for example in a chat. Such a
/// program requests a link before any person does, and must not use up a visit of a limited link.
/// </summary>
/// <remarks>
/// The list is separate from <see cref="BotList"/>, because most bots there are crawlers and HTTP clients,
/// and a person can use an HTTP client such as curl to follow a link.
/// </remarks>
internal static class LinkPreviewRobots
{
    private static readonly SearchValues<string> Names = SearchValues.Create(
        [
            // What such programs are called.
            "LinkPreview", "Link Preview", "Link-Preview", "URL Preview", "URLPreview", "UriPreview",
            "Unfurl", "ExternalHit", "RichLinkBot", "MetaTagFetcher", "Onebox",

            // Social networks.
            "Facebot", "meta-externalfetcher", "Twitterbot", "LinkedInBot", "redditbot", "Pinterestbot",
            "pinterest.com/bot", "vkShare", "OdklBot", "Quora-Bot", "Mastodon/", "Pleroma", "Misskey",
            "SummalyBot", "Friendica", "Lemmy/", "Bluesky/", "BlueskyPreviewBot", "Cardyb", "FlipboardProxy",
            "Hatena", "+/web/snippet/",

            // Chats.
            "Slackbot", "Slack-ImgProxy", "Discordbot", "TelegramBot", "WhatsApp/", "MicrosoftPreview",
            "kakaotalk-scrap", "line-poker", "Linespider", "Viber/", "GroupMeBot", "KeybaseBot",
            "Mattermost-Bot", "Rocket.Chat", "Synapse", "DingTalkBot", "TwilioProxy",

            // Services that make previews for other programs.
            "Embedly", "Iframely", "OpenGraph.io", "BingPreview", "Google Web Preview",
        ],
        StringComparison.OrdinalIgnoreCase);

    public static bool Has(ReadOnlySpan<char> userAgent) => userAgent.ContainsAny(Names);
}
