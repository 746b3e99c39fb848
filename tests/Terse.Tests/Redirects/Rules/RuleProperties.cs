using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Terse.Links;
using Terse.Redirects;
using Terse.Tests.Visits;
using Terse.Visits;

namespace Terse.Tests.Redirects;

/// <summary>Compares the matching of rules with a plain reference, over random rules and requests.</summary>
public sealed class RuleProperties
{
    private const long LinkId = 42;

    private static readonly string[] Languages = ["ko", "en", "en-GB", "pt", "pt-BR", "zh-Hant", "zh"];
    private static readonly string[] Sent =
        ["ko-KR", "ko", "en-US", "EN-gb", "en", "pt-BR", "pt", "zh-Hant-TW", "zh", "kok", "*", "de"];

    private static readonly string[] Qualities = ["", ";q=1", ";q=0.9", "; q=0.5", ";q=0"];
    private static readonly string[] Countries = ["KR", "AT", "US", ""];
    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    private static readonly string?[] Zones = [null, "Asia/Seoul", "America/New_York", "Asia/Kathmandu"];
    private static readonly string[] Hours =
        ["00:00-24:00", "09:00-17:30", "22:00-06:00", "23:59-00:00", "12:34-12:35", "00:00-00:01"];

    private static readonly (string Name, string Value, string Encoded)[] Parameters =
    [
        ("a", "", "a"), ("a", "", "a="), ("a", "1", "a=1"), ("A", "1", "A=1"), ("b c", "d&e", "b+c=d%26e"),
        ("b c", "2", "b%20c=2"), ("가", "나", "%EA%B0%80=%EB%82%98"), ("x", "y=z", "x=y=z"),
    ];

    private static readonly string[] Queries =
        ["a", "a=", "a=1", "A", "b c", "b c=d&e", "가=나", "x=y=z", "x=y", "nope"];

    [Fact]
    public void The_first_rule_whose_conditions_all_hold_is_taken() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(5_000),
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var rules = Enumerable.Range(0, random.Next(1, 6)).Select(number => AnyRule(random, number));
            var link = TestLinks.NewLink("a") with { Settings = new() { Rules = [.. rules] } };
            var request = AnyRequest(random);

            var taken = CompiledRules.Of(link)!.Match(request.ToVisitor());
            Assert.Equal(Expected(link.Settings.Rules, request), taken?.Name);
        }));

    /// <summary>A property over rules that never match would prove little.</summary>
    [Fact]
    public void Random_requests_take_every_rule_and_the_target()
    {
        var random = new Random(1);
        var taken = Enumerable.Range(0, 2_000)
            .Select(_ => Expected([AnyRule(random, 0), AnyRule(random, 1)], AnyRequest(random)) ?? "")
            .CountBy(name => name)
            .ToDictionary();

        Assert.Equal(["", "0", "1"], taken.Keys.Order(StringComparer.Ordinal));
        Assert.All(taken.Values, count => Assert.InRange(count, 50, 1_900));
    }

    /// <summary>The reference: each condition is evaluated from what the request was made of.</summary>
    private static string? Expected(IReadOnlyList<LinkRule> rules, Request request)
    {
        var firstPoint = 0;
        foreach (var rule in rules)
        {
            var points = Enumerable.Range(firstPoint, rule.If.Percent ?? 100).Select(point => point % 100);
            firstPoint += rule.If.Percent ?? 0;
            if (HoldsForVisitor(rule.If, request)
                && HoldsAt(rule.If, request.Now)
                && points.Contains(request.Point))
            {
                return rule.Name;
            }
        }

        return null;
    }

    private static bool HoldsForVisitor(RuleCondition condition, Request request)
    {
        var best = request.Languages.Where(one => one is { Tag: not "*", Quality: > 0 })
            .GroupBy(one => one.Quality)
            .MaxBy(group => group.Key)?
            .SelectMany(one => Truncate(one.Tag.ToLowerInvariant()))
            .ToList() ?? [];
        return condition.Device?.Contains(request.Agent.Device) != false
            && condition.Os?.Contains(request.Agent.Os) != false
            && condition.Browser?.Contains(request.Agent.Browser) != false
            && condition.Country?.Contains(request.Country) != false
            && condition.Language?.Any(language => best.Contains(language.ToLowerInvariant())) != false
            && condition.Query?.Any(query => request.Query.Any(sent =>
                query == sent.Name || query == $"{sent.Name}={sent.Value}")) != false;
    }

    /// <summary>The lookup of RFC 4647: removes the last subtag until nothing is left.</summary>
    private static IEnumerable<string> Truncate(string tag)
    {
        for (; tag.Length > 0; tag = tag[..Math.Max(tag.LastIndexOf('-'), 0)])
            yield return tag;
    }

    private static bool HoldsAt(RuleCondition condition, DateTimeOffset now)
    {
        var zone = condition.Zone is { } name ? TimeZoneInfo.FindSystemTimeZoneById(name) : TimeZoneInfo.Utc;
        var local = now.UtcDateTime + zone.GetUtcOffset(now);
        var day = local.ToString("ddd", CultureInfo.InvariantCulture).ToLowerInvariant();
        var time = local.ToString("HH:mm", CultureInfo.InvariantCulture);
        return condition.Days?.Contains(day) != false
            && condition.Hours?.Any(hours => IsIn(time, hours[..5], hours[6..])) != false
            && (condition.From is not { } from || now.UtcDateTime >= from)
            && (condition.Until is not { } until || now.UtcDateTime < until);
    }

    private static bool IsIn(string time, string begin, string end)
    {
        var isAfterBegin = string.CompareOrdinal(time, begin) >= 0;
        var isBeforeEnd = string.CompareOrdinal(time, end) < 0;
        return string.CompareOrdinal(begin, end) < 0
            ? isAfterBegin && isBeforeEnd
            : isAfterBegin || isBeforeEnd;
    }

    private static LinkRule AnyRule(Random random, int number)
    {
        var condition = new RuleCondition
        {
            Device = Maybe(random, UserAgentTables.Names.Devices),
            Os = Maybe(random, UserAgentTables.Names.Systems, 12),
            Browser = Maybe(random, UserAgentTables.Names.Browsers, 20),
            Language = Maybe(random, Languages),
            Country = Maybe(random, [.. Countries.Where(country => country.Length > 0)]),
            Query = Maybe(random, Queries),
            Days = Maybe(random, Days, 4),
            Hours = Maybe(random, Hours),
            Zone = Zones[random.Next(Zones.Length)],
            From = random.Next(8) == 0 ? AnyTime(random).UtcDateTime : null,
            Until = random.Next(8) == 0 ? AnyTime(random).UtcDateTime : null,
            Percent = random.Next(4) == 0 ? random.Next(1, 101) : null,
        };
        return new(
            number.ToString(CultureInfo.InvariantCulture), condition, $"https://e.example/{number}");
    }

    private static List<string>? Maybe(Random random, IReadOnlyList<string> values, int max = 3) =>
        random.Next(5) > 0
            ? null
            : [.. Enumerable.Range(0, random.Next(1, max)).Select(_ => values[random.Next(values.Count)])];

    /// <summary>Some of the times are exactly at the ends of periods.</summary>
    private static DateTimeOffset AnyTime(Random random) =>
        new DateTimeOffset(2026, 10, 24, 0, 0, 0, TimeSpan.Zero).AddMinutes(30 * random.Next(2 * 24 * 10));

    private static Request AnyRequest(Random random)
    {
        var agents = RealAgents.All.ToList();
        var (browser, os, device, agent) = agents[random.Next(agents.Count)].Data;
        return new(
            new UserAgent(browser, os, device, IsBot: false),
            agent,
            [.. Enumerable.Range(0, random.Next(4)).Select(_ =>
                (Sent[random.Next(Sent.Length)], Qualities[random.Next(Qualities.Length)]))],
            Countries[random.Next(Countries.Length)],
            [.. Enumerable.Range(0, random.Next(4)).Select(_ => Parameters[random.Next(Parameters.Length)])],
            new IPAddress(random.Next()),
            AnyTime(random).AddSeconds(random.Next(3) - 1));
    }

    private sealed record Request(
        UserAgent Agent,
        string AgentText,
        List<(string Tag, string Quality)> LanguageTexts,
        string Country,
        List<(string Name, string Value, string Encoded)> Query,
        IPAddress Address,
        DateTimeOffset Now)
    {
        private static readonly CountrySource Source = new("Country", null);

        private readonly VisitorSalts _salts = TestSalts.New();

        public IEnumerable<(string Tag, double Quality)> Languages => LanguageTexts.Select(text =>
            (text.Tag, text.Quality.Length == 0
                ? 1
                : double.Parse(text.Quality.Split('=')[1], CultureInfo.InvariantCulture)));

        public int Point => VisitorShare.PointOf(_salts.SaltOf(Now), Address, AgentText, LinkId);

        public RuleVisitor ToVisitor()
        {
            var http = new DefaultHttpContext { Connection = { RemoteIpAddress = Address } };
            var request = http.Request;
            request.Headers.UserAgent = AgentText;
            request.Headers["Country"] = Country;
            if (LanguageTexts.Count > 0)
            {
                request.Headers.AcceptLanguage =
                    string.Join(", ", LanguageTexts.Select(text => text.Tag + text.Quality));
            }

            if (Query.Count > 0)
                request.QueryString = new("?" + string.Join('&', Query.Select(one => one.Encoded)));
            return new(request, LinkId, Now, Source, _salts);
        }
    }
}
