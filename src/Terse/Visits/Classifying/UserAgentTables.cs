using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// The rules that identify browsers, operating systems and devices by tokens in the user agent. The first
/// matching rule applies, so a product that also sends the tokens of a different product must come first.
/// </summary>
internal static class UserAgentTables
{
    public static readonly UserAgentRule[] Browsers =
    [
        // Command-line tools and other clients that are not browsers.
        new("curl", "curl/"), new("Wget", "Wget/"), new("HTTPie", "HTTPie/"),
        new("Postman", "PostmanRuntime/"),

        // Browsers inside other apps.
        new("Messenger", "FBAN/Messenger"), new("Messenger", "Orca-Android"), new("Instagram", "Instagram "),
        new("Facebook", "FBAN/"), new("Facebook", "FBAV/"), new("Facebook", "FB_IAB"),
        new("TikTok", "BytedanceWebview"), new("TikTok", "musical_ly"), new("TikTok", "TikTok"),
        new("Snapchat", "Snapchat"), new("LinkedIn", "LinkedInApp"), new("Pinterest", "[Pinterest/"),
        new("Twitter", "Twitter for "), new("WeChat", "MicroMessenger/"), new("LINE", " Line/"),
        new("KakaoTalk", "KAKAOTALK"), new("Google app", " GSA/"), new("Microsoft Teams", " Teams/"),
        new("Discord", "discord/"), new("Slack", " Slack/"),

        // Browsers that use the engine of Chrome, or on iOS the engine of Safari.
        new("Edge", "Edg/"), new("Edge", "EdgA/"), new("Edge", "EdgiOS/"), new("Edge", "Edge/"),
        new("Opera", "OPR/"), new("Opera", "OPT/"), new("Opera", "OPX/"), new("Opera", "OPiOS/"),
        new("Opera", "Opera"), new("Samsung Internet", "SamsungBrowser/"),
        new("Yandex Browser", "YaBrowser/"), new("Vivaldi", "Vivaldi/"), new("Brave", "Brave/"),
        new("DuckDuckGo", "DuckDuckGo/"), new("DuckDuckGo", "Ddg/"), new("Ecosia", "Ecosia"),
        new("UC Browser", "UCBrowser/"), new("Mi Browser", "MiuiBrowser/"),
        new("Huawei Browser", "HuaweiBrowser/"), new("HeyTap Browser", "HeyTapBrowser/"),
        new("Vivo Browser", "VivoBrowser/"), new("QQ Browser", "QQBrowser/"), new("Quark", "Quark/"),
        new("Whale", "Whale/"), new("Amazon Silk", "Silk/"), new("Maxthon", "Maxthon"),
        new("Puffin", "Puffin/"), new("Konqueror", "Konqueror"), new("Falkon", "Falkon/"),
        new("GNOME Web", "Epiphany/"),

        new("Firefox Focus", "Focus/"), new("Firefox Focus", "Klar/"), new("SeaMonkey", "SeaMonkey/"),
        new("Pale Moon", "PaleMoon/"), new("Firefox", "FxiOS/"), new("Firefox", "Firefox/"),

        new("PlayStation", "PlayStation"), new("Nintendo Browser", "NintendoBrowser"),
        new("Chrome", "CriOS/"), new("Chrome", "HeadlessChrome/"), new("WebView", "; wv)"),
        new("Chromium", "Chromium/"), new("Chrome", "Chrome/"),
        new("Internet Explorer", "Trident/"), new("Internet Explorer", "MSIE "),
        new("Android Browser", "Android", And: "Version/"), new("Safari", "Safari/", And: "Version/"),
        new("WebView", "AppleWebKit/", And: "Mobile/"),
    ];

    public static readonly UserAgentRule[] Systems =
    [
        new("Xbox", "Xbox"), new("PlayStation", "PlayStation"), new("Nintendo", "Nintendo"),
        new("Windows Phone", "Windows Phone"),
        new("tvOS", "AppleTV"), new("tvOS", "Apple TV"), new("tvOS", "tvOS"),
        new("iPadOS", "iPad"), new("iOS", "iPhone"), new("iOS", "iPod"),
        // An iPad that requests desktop pages sends "Macintosh" like a Mac, but also "Mobile".
        new("iPadOS", "Macintosh", And: " Mobile/"),
        new("HarmonyOS", "HarmonyOS"), new("HarmonyOS", "OpenHarmony"), new("KaiOS", "KAIOS/"),
        new("Tizen", "Tizen"), new("webOS", "Web0S"), new("webOS", "webOS"),
        new("Android", "Android"), new("ChromeOS", "CrOS "), new("Windows", "Windows"),
        new("macOS", "Macintosh"), new("macOS", "Mac OS X"),
        new("FreeBSD", "FreeBSD"), new("OpenBSD", "OpenBSD"), new("Linux", "Linux"), new("Linux", "X11"),
    ];

    public static readonly UserAgentRule[] Devices =
    [
        new("tv", "SmartTV"), new("tv", "SMART-TV"), new("tv", "Smart TV"), new("tv", "GoogleTV"),
        new("tv", "Android TV"), new("tv", "AppleTV"), new("tv", "Apple TV"), new("tv", "BRAVIA"),
        new("tv", "Web0S"), new("tv", "HbbTV"), new("tv", "CrKey"), new("tv", "Roku"), new("tv", "; AFT"),
        new("console", "Xbox"), new("console", "PlayStation"), new("console", "Nintendo"),
        new("tablet", "iPad"), new("tablet", "Macintosh", And: " Mobile/"), new("tablet", "; Tablet;"),
        new("tablet", "PlayBook"), new("tablet", "Kindle"),
        new("phone", "Mobile"), new("phone", "iPhone"), new("phone", "iPod"), new("phone", "Windows Phone"),
        new("phone", "KAIOS/"), new("phone", "Opera Mini"), new("phone", "BlackBerry"),
        // Only phones send "Mobile" on Android, and a rule above matches them. So the other devices are
        // tablets.
        new("tablet", "Android"), new("tablet", "Silk/"),
        new("desktop", "Windows"), new("desktop", "Macintosh"), new("desktop", "CrOS "),
        new("desktop", "X11"), new("desktop", "Linux"),
    ];

    /// <summary>The names of all tables, which the rules of links can use.</summary>
    public static VisitorNames Names { get; } =
        new(NamesIn(Devices), NamesIn(Systems), NamesIn(Browsers));

    private static IReadOnlyList<string> NamesIn(UserAgentRule[] table) =>
        [.. table.Select(rule => rule.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
