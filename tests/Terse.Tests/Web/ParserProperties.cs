using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Codes;
using Terse.Domains;
using Terse.Harness;
using Terse.Ids;
using Terse.Links;
using Terse.Redirects;
using Terse.Tests.Links;
using Terse.Tests.Redirects;
using Terse.Visits;
using Terse.Web;
using HostName = Terse.Domains.HostName;

namespace Terse.Tests.Web;

/// <summary>
/// Property-based tests: no parser of a part of a request throws an exception, whatever the text contains.
/// </summary>
public sealed class ParserProperties
{
    /// <summary>The number of texts for each parser, which the quick tests lower.</summary>
    private static readonly int Cases = Math.Max(2000, TestVariable.Read("TERSE_SCHEDULES", 1_000_000) / 50);

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Generates texts from the parts that parsers treat specially, and from any other characters, also
    /// halves of surrogate pairs.
    /// </summary>
    private static readonly Gen<string> Texts = Gen.Frequency(
            (6, Gen.Elements(
                "https://", "http://", "mailto:", ":", "/", "//", "\\", "?", "#", "@", "[", "]", "[::1]", "%",
                "%00", "%C3", "%BC", "xn--", "xn--a", "0x", "1", "127.1", "99999", ".", "..", "-", "_", " ",
                "'", "\"", "+", "\u0000", "\u007f", "\u00fc", "\u3002", "\u0130", "2026-11-22", "T", "08:30",
                "Z", "+01:00", "24:00", "Europe/Vienna", "Europe", "0001-01-01", "9999-12-31", "true", "day",
                "hour", "9223372036854775808", "AAAAAAAAAAAAAAAAAAAAAA", "{", "}", ",", "\\u", "\\ud800",
                "null", "1e99", "\"target\"")),
            (1, Gen.Choose(0, 0xFFFF).Select(value => ((char)value).ToString())))
        .ListOf()
        .Select(string.Concat);

    private static readonly DomainMap Domains = new(Options.Create(new DomainOptions
    {
        Default = "go.example.com",
        Others = ["s.example.org", "127.0.0.1:8080"],
    }));

    private static readonly string[] Parameters = ["from", "to", "zone", "by", "bots", "cursor", "limit"];

    private static readonly string[] Beginnings = ["", "{", "{\"target\":", "{\"maxVisits\":"];

    [Fact]
    public void No_host_or_domain_throws() => AssertNothingThrows(text =>
    {
        HostName.TryCanonicalize(text, out _);
        Domains.DomainOfHost(text);
        Domains.TryPick(text, text, out _);
        if (Authority.TryParse(text, out var authority))
            Domains.LeadsHere(authority, "https", text);
    });

    [Fact]
    public void No_target_throws()
    {
        var options = new LinkOptions { AllowCredentials = true, OtherSchemes = ["mailto"] };
        var blocks = TestBlocks.NewMap(".spam.example", "*-login.example").Current;
        AssertNothingThrows(text =>
        {
            foreach (var url in new[] { text, "https://" + text, "mailto:" + text })
            {
                if (!Target.TryParse(url, options, out _, out _))
                    continue;
                blocks.IsBlocked(url);
                Assert.True(Ascii.IsValid(TargetAscii.Of(url)));
            }
        });
    }

    [Fact]
    public void No_code_throws() => AssertNothingThrows(text =>
    {
        CodePath.Read(text);
        CodePath.Read("/" + text);
        CustomCode.Check(text);
        CustomCode.Check(text, allowSlash: true);
        IdempotentRequest.IsKey(text);
    });

    [Fact]
    public void No_code_that_begins_with_a_digit_throws()
    {
        var options = new CodeOptions { Secret = new string('s', 32), Opaque = true };
        using var strategies = new CodeStrategies(Options.Create(options));
        var desired = CodeSetup.DesiredLayoutOf(options, new IdOptions());
        var first = IdLayout.First(desired with { Opaque = false }, Now);
        var history = new CodeHistory([first, first.Next(desired, Now)], strategies.All, canDecrypt: true);
        var codes = Gen.Elements("0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefz-_.".ToCharArray())
            .ListOf()
            .Select(letters => "0" + string.Concat(letters));
        AssertNothingThrows(code => history.NewestTimeOf(code), codes);
        AssertNothingThrows(code => history.NewestTimeOf(code), Texts);
    }

    [Fact]
    public void No_rule_throws()
    {
        var reader = new RuleReader(TestBlocks.NewRules(Domains), UserAgentTables.Names);
        string[] conditions = ["device", "language", "country", "query", "days", "hours", "zone", "from"];
        AssertNothingThrows(text =>
        {
            foreach (var condition in conditions)
            {
                var sent = JsonSerializer.SerializeToElement(new[]
                {
                    new Dictionary<string, object>(StringComparer.Ordinal)
                    {
                        ["name"] = text,
                        ["if"] = new Dictionary<string, object>(StringComparer.Ordinal)
                        {
                            [condition] = new[] { text },
                            [text] = text,
                        },
                        ["target"] = text,
                    },
                });
                reader.Read(sent, text, text, out _);
                reader.Read(sent[0].GetProperty("if"), text, text, out _);
                new RuleConditionReader(UserAgentTables.Names).Read("if", sent[0].GetProperty("if"), out _);
            }
        });
    }

    [Fact]
    public void No_visitor_of_a_link_with_rules_throws() => AssertNothingThrows(text =>
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.AcceptLanguage = text;
        request.Headers.UserAgent = text;
        request.QueryString = new("?" + text);
        var visitor = new RuleVisitor(request, 1, Now, new(null, null), TestSalts.New());
        var conditions = new RuleCondition { Percent = 1 };
        foreach (var condition in new[]
        {
            conditions with { Query = ["a=b"] }, conditions with { Language = ["ko"] },
            conditions with { Os = ["iOS"] }, conditions,
        })
        {
            var rules = new LinkSettings { Rules = [new("a", condition, "https://e.example/")] };
            CompiledRules.Of(TestLinks.NewLink("a") with { Settings = rules })!.Match(visitor);
        }
    });

    [Fact]
    public void No_query_parameter_throws() => AssertNothingThrows(text =>
    {
        foreach (var name in Parameters)
        {
            var reader = new QueryParameters(
                new QueryCollection(
                    new Dictionary<string, StringValues>(StringComparer.Ordinal) { [name] = text }),
                refusesEmpty: true);
            VisitQuery.Read(reader, Now);
            reader.ReadVisitPosition();
            reader.ReadLimit(1000, 100);
        }
    });

    [Fact]
    public void No_cursor_throws() => AssertNothingThrows(
        text => new QueryParameters(new QueryCollection(
            new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["cursor"] = text }))
            .ReadVisitPosition(),
        Gen.Elements("ABwQgZ_-/+= ".ToCharArray()).ArrayOf(22).Select(letters => new string(letters)));

    [Fact]
    public void No_expiry_throws() =>
        AssertNothingThrows(text => LinkTimes.ReadInstant("expiresAt", text, out _));

    [Fact]
    public void No_referrer_country_or_user_agent_throws() => AssertNothingThrows(text =>
    {
        ReferrerHost.Canonicalize(ReferrerHost.Find(text).ToString());
        ReferrerHost.Canonicalize(text);
        CountryCode.Of(text);
        UserAgent.Read(text);
    });

    [Fact]
    public void A_body_that_cannot_be_read_is_an_error_of_the_client() => AssertNothingThrows(text =>
    {
        foreach (var before in Beginnings)
        {
            var body = Encoding.UTF8.GetBytes(before + text);
            var mistake = JsonBodyException.Of(body, LinkJson.Instance.NewLink, "an object");
            Assert.Equal(StatusCodes.Status400BadRequest, mistake.Type.Status);
        }
    });

    private static void AssertNothingThrows(Action<string> parse) => AssertNothingThrows(parse, Texts);

    private static void AssertNothingThrows(Action<string> parse, Gen<string> texts) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Cases),
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            parse(text);
            return true;
        }));
}
