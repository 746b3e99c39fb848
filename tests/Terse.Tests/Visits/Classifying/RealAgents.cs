namespace Terse.Tests.Visits;

/// <summary>
/// User-Agent headers that real browsers send. For each header, the list contains the browser, the operating
/// system and the device that the classifier must recognize.
/// </summary>
public static class RealAgents
{
    private const string Chromium = " AppleWebKit/537.36 (KHTML, like Gecko) ";
    private const string WebKit = " AppleWebKit/605.1.15 (KHTML, like Gecko) ";

    public static readonly TheoryData<string, string, string, string> All = new()
    {
        {
            "Chrome", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium + "Chrome/126.0.0.0 Safari/537.36"
        },
        {
            "Chrome", "macOS", "desktop",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + Chromium
                + "Chrome/126.0.0.0 Safari/537.36"
        },
        {
            "Chrome", "Linux", "desktop",
            "Mozilla/5.0 (X11; Linux x86_64)" + Chromium + "Chrome/126.0.0.0 Safari/537.36"
        },
        {
            "Chrome", "ChromeOS", "desktop",
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + Chromium + "Chrome/126.0.0.0 Safari/537.36"
        },
        {
            "Chrome", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 10; K)" + Chromium + "Chrome/126.0.0.0 Mobile Safari/537.36"
        },
        {
            "Chrome", "Android", "tablet",
            "Mozilla/5.0 (Linux; Android 10; K)" + Chromium + "Chrome/126.0.0.0 Safari/537.36"
        },
        {
            "Chrome", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)" + WebKit
                + "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"
        },
        {
            "Chrome", "iPadOS", "tablet",
            "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)" + WebKit
                + "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"
        },
        {
            "Chromium", "Linux", "desktop",
            "Mozilla/5.0 (X11; Linux x86_64)" + Chromium
                + "Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36"
        },
        {
            "Safari", "macOS", "desktop",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + WebKit
                + "Version/17.5 Safari/605.1.15"
        },
        {
            "Safari", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit
                + "Version/17.5 Mobile/15E148 Safari/604.1"
        },
        {
            "Safari", "iOS", "phone",
            "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X)" + WebKit
                + "Version/12.1.2 Mobile/15E148 Safari/604.1"
        },
        {
            "Safari", "iPadOS", "tablet",
            "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X)" + WebKit
                + "Version/12.1.2 Mobile/15E148 Safari/604.1"
        },
        {
            "Safari", "iPadOS", "tablet",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_6)" + WebKit
                + "Version/15.0 Mobile/15E148 Safari/604.1"
        },
        {
            "Firefox", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
        },
        {
            "Firefox", "macOS", "desktop",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0"
        },
        {
            "Firefox", "Linux", "desktop",
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
        },
        {
            "Firefox", "FreeBSD", "desktop",
            "Mozilla/5.0 (X11; FreeBSD amd64; rv:121.0) Gecko/20100101 Firefox/121.0"
        },
        {
            "Firefox", "Android", "phone",
            "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"
        },
        {
            "Firefox", "Android", "tablet",
            "Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0"
        },
        {
            "Firefox", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)" + WebKit
                + "FxiOS/127.0 Mobile/15E148 Safari/605.1.15"
        },
        {
            "Firefox Focus", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X)" + WebKit
                + "FxiOS/7.0.4 Focus/7.0.4 Mobile/16B91 Safari/605.1.15"
        },
        {
            "Pale Moon", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:68.0) Gecko/20100101 Goanna/4.8 "
                + "Firefox/68.0 PaleMoon/29.1.0"
        },
        {
            "SeaMonkey", "Linux", "desktop",
            "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0 SeaMonkey/2.53.10"
        },
        {
            "Edge", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68"
        },
        {
            "Edge", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 10; HD1913)" + Chromium
                + "Chrome/126.0.6478.71 Mobile Safari/537.36 EdgA/125.0.2535.96"
        },
        {
            "Edge", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit
                + "Version/17.0 EdgiOS/125.0.2535.96 Mobile/15E148 Safari/605.1.15"
        },
        {
            "Edge", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/70.0.3538.102 Safari/537.36 Edge/18.19582"
        },
        {
            "Edge", "Xbox", "console",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One)" + Chromium
                + "Chrome/126.0.0.0 Safari/537.36 Edge/44.18363.8131"
        },
        {
            "Opera", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0"
        },
        {
            "Opera", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 10; VOG-L29)" + Chromium
                + "Chrome/126.0.6478.71 Mobile Safari/537.36 OPR/76.2.4027.73374"
        },
        {
            "Opera", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X)" + WebKit
                + "Version/17.2 Mobile/15E148 Safari/604.1 OPT/4.5.0"
        },
        {
            "Opera", "", "phone",
            "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) "
                + "Presto/2.5.25 Version/10.54"
        },
        {
            "Samsung Internet", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 10; K)" + Chromium
                + "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"
        },
        {
            "Samsung Internet", "Android", "tablet",
            "Mozilla/5.0 (Linux; Android 13; SM-X906C)" + Chromium
                + "SamsungBrowser/24.0 Chrome/117.0.0.0 Safari/537.36"
        },
        {
            "DuckDuckGo", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 13; Pixel 6)" + Chromium
                + "Version/4.0 Chrome/114.0.5735.196 Mobile DuckDuckGo/5 Safari/537.36"
        },
        {
            "DuckDuckGo", "macOS", "desktop",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + WebKit
                + "Version/17.5 Safari/605.1.15 Ddg/17.5"
        },
        {
            "Vivaldi", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.7.3329.41"
        },
        {
            "Yandex Browser", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36"
        },
        {
            "UC Browser", "Android", "phone",
            "Mozilla/5.0 (Linux; U; Android 9; en-US; SM-G960F)" + Chromium
                + "Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.4.0.1306 Mobile Safari/537.36"
        },
        {
            "Mi Browser", "Android", "phone",
            "Mozilla/5.0 (Linux; U; Android 11; en-us; M2007J20CG)" + Chromium
                + "Version/4.0 Chrome/89.0.4389.116 Mobile Safari/537.36 XiaoMi/MiuiBrowser/12.16.3.1-gn"
        },
        {
            "Huawei Browser", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 10; ELE-L29)" + Chromium
                + "Chrome/92.0.4515.105 HuaweiBrowser/12.1.4.303 Mobile Safari/537.36"
        },
        {
            "Whale", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + Chromium
                + "Chrome/118.0.0.0 Whale/3.23.214.17 Safari/537.36"
        },
        {
            "Amazon Silk", "Android", "tablet",
            "Mozilla/5.0 (Linux; Android 9; KFMAWI)" + Chromium
                + "Silk/108.4.6 like Chrome/108.0.5359.160 Safari/537.36"
        },
        {
            "Internet Explorer", "Windows", "desktop",
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
        },
        {
            "Internet Explorer", "Windows", "desktop",
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0; .NET4.0C)"
        },
        {
            "Android Browser", "Android", "phone",
            "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100) AppleWebKit/534.30 (KHTML, like "
                + "Gecko) Version/4.0 Mobile Safari/534.30"
        },
        {
            "GNOME Web", "Linux", "desktop",
            "Mozilla/5.0 (X11; Linux x86_64)" + WebKit
                + "Version/16.0 Safari/605.1.15 Epiphany/605.1.15"
        },
        {
            "Instagram", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit
                + "Mobile/15E148 Instagram 337.0.3.23.54 (iPhone15,2; iOS 17_5_1; en_US; en; scale=3.00; "
                + "1179x2556; 614064287)"
        },
        {
            "Instagram", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 13; SM-S908B Build/TP1A.220624.014; wv)" + Chromium
                + "Version/4.0 Chrome/114.0.5735.196 Mobile Safari/537.36 Instagram 291.1.0.34.111 Android"
        },
        {
            "Facebook", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit + "Mobile/21F90 "
                + "[FBAN/FBIOS;FBAV/469.0.0.40.107;FBBV/612343212;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS]"
        },
        {
            "Facebook", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 12; SM-A515F Build/SP1A.210812.016; wv)" + Chromium
                + "Version/4.0 Chrome/114.0.5735.196 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/421.0.0.33.47;]"
        },
        {
            "Messenger", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X)" + WebKit
                + "Mobile/20F66 [FBAN/MessengerForiOS;FBAV/413.0.0.20.105;FBSN/iOS]"
        },
        {
            "TikTok", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X)" + WebKit
                + "Mobile/15E148 musical_ly_30.4.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en "
                + "Region/US BytedanceWebview/d8a21c6"
        },
        {
            "LinkedIn", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit
                + "Mobile/15E148 [LinkedInApp]/9.29.7566"
        },
        {
            "Snapchat", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X)" + WebKit
                + "Version/16.6 Mobile/15E148 Snapchat/12.48.0.30 (like Safari/8615.3.12.10.2, panda)"
        },
        {
            "Pinterest", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X)" + WebKit
                + "Mobile/15E148 [Pinterest/iOS]"
        },
        {
            "Twitter", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X)" + WebKit
                + "Mobile/15E148 Twitter for iPhone/9.63"
        },
        {
            "WeChat", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 11; M2012K11AC Build/RKQ1.201112.002; wv)" + Chromium
                + "Version/4.0 Chrome/86.0.4240.99 Mobile Safari/537.36 MMWEBID/2651 "
                + "MicroMessenger/8.0.11.1980 WeChat/arm64"
        },
        {
            "LINE", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X)" + WebKit
                + "Mobile/15E148 Safari Line/13.8.0"
        },
        {
            "Google app", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit
                + "GSA/320.0.639922323 Mobile/15E148 Safari/604.1"
        },
        {
            "WebView", "Android", "phone",
            "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A.230805.001; wv)" + Chromium
                + "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36"
        },
        {
            "WebView", "iOS", "phone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)" + WebKit + "Mobile/15E148"
        },
        {
            "PlayStation", "PlayStation", "console",
            "Mozilla/5.0 (PlayStation; PlayStation 5/2.26)" + WebKit + "Version/13.0 Safari/605.1.15"
        },
        {
            "Nintendo Browser", "Nintendo", "console",
            "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/601.6 (KHTML, like Gecko) "
                + "NF/4.0.0.5.10 NintendoBrowser/5.1.0.13343"
        },
        {
            "Samsung Internet", "Tizen", "tv",
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 5.0)" + Chromium
                + "SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36"
        },
        {
            "Chrome", "webOS", "tv",
            "Mozilla/5.0 (Web0S; Linux/SmartTV)" + Chromium
                + "Chrome/87.0.4280.88 Safari/537.36 WebAppManager"
        },
        {
            "Chrome", "Android", "tv",
            "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K GB)" + Chromium
                + "Chrome/108.0.0.0 Safari/537.36"
        },
        {
            "Amazon Silk", "Android", "tv",
            "Mozilla/5.0 (Linux; Android 9; AFTT)" + Chromium
                + "Silk/112.5.1 like Chrome/112.0.5615.213 Safari/537.36"
        },
        {
            "Firefox", "KaiOS", "phone",
            "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.1"
        },
        {
            "Edge", "Windows Phone", "phone",
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950)" + Chromium
                + "Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.14977"
        },
    };
}
