using Terse.Links;

namespace Terse.TestSupport;

/// <summary>
/// Makes random links from a few words, and filters for them. <see cref="Matches"/> says without any code of
/// the program which links a filter lets through.
/// </summary>
internal sealed class RandomLinks(int seed)
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, TimeSpan.Zero);

    private static readonly string[] Words =
        ["spring", "sprint", "sale", "구글", "구글링크", "한국어", "🎉", "🚀", "straße", "2026", "a", "zulu"];

    private static readonly string[] Tags = ["News", "news letter", "한국", "x/y", "rare"];

    private static readonly string[] Hosts = ["example.com", "www.example.org", "shop.example"];

    private readonly Random _random = new(seed);

    public string NewHost() => Pick(Hosts);

    public Link NewLink(int number)
    {
        var isCustom = _random.Next(3) == 0;
        var code = isCustom ? $"{Pick("promo", "구글", "🎉")}-{number}" : $"0{number}";
        var target = $"https://{Pick(Hosts)}/{Uri.EscapeDataString(Pick(Words))}";
        var created = Now - TimeSpan.FromMinutes((1000 - number) * 7);
        return new(Tsid.FromInt64(number * 1000L), Pick("", "", "s.example.org"), code, target, created)
        {
            ExpiresAt = Maybe(6, Now + TimeSpan.FromHours(_random.Next(-9, 9))),
            MaxVisits = Maybe(6, (long)_random.Next(1, 3)),
            DeletedAt = Maybe(12, Now),
            Settings = new LinkSettings
            {
                Title = _random.Next(2) == 0 ? $"{Pick(Words)} {Pick(Words).ToUpperInvariant()}, x" : null,
                Note = _random.Next(4) == 0 ? $"({Pick(Words)})\n{Pick(Words)}" : null,
                Tags = _random.Next(2) == 0
                    ? [.. Tags.Where(_ => _random.Next(4) == 0).Select(Recase)]
                    : null,
                IsDisabled = _random.Next(10) == 0,
                ValidFrom = Maybe(8, Now + TimeSpan.FromHours(_random.Next(-9, 9))),
            },
        };
    }

    /// <summary>Returns a filter with up to four conditions, most of them rare.</summary>
    public LinkFilter NewFilter()
    {
        var filter = new LinkFilter();
        for (var condition = _random.Next(4); condition >= 0; condition--)
        {
            filter = _random.Next(8) switch
            {
                0 => filter with { Domain = Pick("", "s.example.org") },
                1 => filter with { AllTags = [.. PickTags()] },
                2 => filter with { AnyTags = [.. PickTags()] },
                3 => filter with { NoTags = [.. PickTags()] },
                4 => filter with { State = (LinkState)_random.Next(6) },
                5 => filter with { TargetHost = Pick(Hosts) },
                6 => filter with
                {
                    CreatedFrom = Now - TimeSpan.FromMinutes(_random.Next(7000)),
                    CreatedUntil = Now - TimeSpan.FromMinutes(_random.Next(3000)),
                },
                _ => filter with { Text = SearchText.Parse(NewSearch()) },
            };
        }

        return filter;
    }

    private string NewSearch() => _random.Next(4) switch
    {
        0 => Pick("spr", "sprint", "SALE", "구", "구글", "구글링", "한국어", "🎉", "stra", "20", "zulu", "none"),
        1 => $"{Pick(Words)} {Pick(Words)}",
        2 => $"0{_random.Next(1, 400)}",
        _ => $"{Pick("promo", "구글", "🎉")}-{_random.Next(1, 400)}",
    };

    /// <summary>Decides by a plain comparison of the words of the texts.</summary>
    public static bool Matches(LinkFilter filter, Link link, long used)
    {
        var tags = (link.Settings.Tags ?? []).Select(tag => tag.ToUpperInvariant()).ToList();
        return (filter.Domain is null || filter.Domain == link.Domain)
            && filter.AllTags.All(tags.Contains)
            && (filter.AnyTags.Count == 0 || filter.AnyTags.Any(tags.Contains))
            && !filter.NoTags.Any(tags.Contains)
            && (filter.State is null || filter.State == StateOf(link, used))
            && (filter.CreatedFrom is not { } from || link.CreatedAt >= from)
            && (filter.CreatedUntil is not { } until || link.CreatedAt < until)
            && (filter.TargetHost is null || new Uri(link.Target).Host == filter.TargetHost)
            && (filter.Text is null || filter.Text.Parts.All(part => MatchesPart(part.Text, link)));
    }

    private static LinkState StateOf(Link link, long used)
    {
        if (link.DeletedAt is not null)
            return LinkState.Deleted;
        if (link.Settings.IsDisabled)
            return LinkState.Disabled;
        if (link.Settings.ValidFrom is { } from && from > Now)
            return LinkState.Scheduled;
        if (link.ExpiresAt is { } expiresAt && expiresAt <= Now)
            return LinkState.Expired;
        return link.MaxVisits is { } max && used >= max ? LinkState.Exhausted : LinkState.Active;
    }

    private static bool MatchesPart(string part, Link link)
    {
        if (part == link.Code)
            return true;
        string[] texts =
        [
            Uri.UnescapeDataString(link.Target["https:".Length..]),
            link.Settings.Title ?? "",
            link.Settings.Note ?? "",
            .. link.Settings.Tags ?? [],
            link.Code[0] == '0' ? "" : link.Code,
        ];
        var words = texts.SelectMany(Split).ToList();
        return Split(part).All(word => words.Exists(
            found => found.StartsWith(word, StringComparison.OrdinalIgnoreCase)));
    }

    private static string[] Split(string text) =>
        text.Split([' ', ',', '/', '.', '-', '(', ')', '\n', ':'], StringSplitOptions.RemoveEmptyEntries);

    private IEnumerable<string> PickTags() =>
        Enumerable.Range(0, _random.Next(1, 3)).Select(_ => TagName.Fold(Pick(Tags))).Distinct();

    private string Recase(string tag) => _random.Next(2) == 0 ? tag : tag.ToUpperInvariant();

    private T? Maybe<T>(int chance, T value)
        where T : struct =>
        _random.Next(chance) == 0 ? value : null;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
