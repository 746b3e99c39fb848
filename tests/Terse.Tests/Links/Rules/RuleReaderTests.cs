using System.Text.Json;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class RuleReaderTests
{
    private const string Target = "\"https://e.example/\"";

    private static readonly VisitorNames Names =
        new(["desktop", "phone", "tablet"], ["Android", "iOS"], ["Chrome", "Firefox"]);

    private readonly RuleReader _reader = NewReader();

    [Fact]
    public void Rules_are_read_in_their_order_with_all_conditions()
    {
        var refusal = Read(
            """
            [{"name": "all", "target": "https://e.example/a", "if": {
                "device": ["Phone", "tablet"], "os": "ios", "browser": ["Firefox"],
                
                "language": ["ko", "pt-BR"], "country": "kr", "query": ["a", "b=1=2"],
                "days": ["SAT", "sun"], "hours": ["09:00-17:30", "22:00-24:00"], "zone": "Asia/Seoul",
                "from": "2026-11-22T09:00+09:00", "until": "2026-12-01T00:00Z", "percent": 100}},
             {"name": "half", "target": "https://e.example/b", "if": {"percent": 50, "os": null, "days": []}}]
            """,
            out var rules);

        Assert.Null(refusal);
        Assert.Equal(["all", "half"], rules!.Select(rule => rule.Name));
        Assert.Equal(["https://e.example/a", "https://e.example/b"], rules!.Select(rule => rule.Target));
        Assert.Equal(
            """
            {"device":["phone","tablet"],"os":["iOS"],"browser":["Firefox"],"language":["ko","pt-BR"],
            "country":["KR"],"query":["a","b=1=2"],"days":["sat","sun"],"hours":["09:00-17:30","22:00-24:00"],
            "zone":"Asia/Seoul","from":"2026-11-22T00:00:00Z","until":"2026-12-01T00:00:00Z","percent":100}
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(rules![0].If, JsonSerializerOptions.Web));
        Assert.Equal(new RuleCondition { Percent = 50 }, rules[1].If);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"\"")]
    public void Null_an_empty_list_and_an_empty_text_are_no_rules(string sent)
    {
        Assert.Null(Read(sent, out var rules));
        Assert.Null(rules);
    }

    [Theory]
    [InlineData("{}", "rules", "{}")]
    [InlineData("[1]", "rules[0]", "1")]
    [InlineData("[{\"nam\": \"a\"}]", "rules[0].nam", "unknown")]
    [InlineData("[{\"name\": \"a\", \"NAME\": \"b\"}]", "rules[0].NAME", "more than once")]
    [InlineData("[{\"name\": 1}]", "rules[0].name", "1")]
    [InlineData("[{}]", "rules[0].name", "needs a name")]
    [InlineData("[{\"name\": \" a\"}]", "rules[0].name", "' a'")]
    [InlineData("[{\"name\": \"(other)\"}]", "rules[0].name", "'(other)'")]
    [InlineData("[{\"name\": \"a\\u0000\"}]", "rules[0].name", "control")]
    [InlineData("[{\"name\": \"a\"}]", "rules[0].if", "at least one condition")]
    [InlineData("[{\"name\": \"a\", \"if\": {}}]", "rules[0].if", "at least one condition")]
    [InlineData("[{\"name\": \"a\", \"if\": {\"os\": \"\"}}]", "rules[0].if", "at least one condition")]
    [InlineData("[{\"name\": \"a\", \"if\": \"x\"}]", "rules[0].if", "'x'")]
    [InlineData("[{\"name\": \"a\", \"if\": {\"percent\": 1}}]", "rules[0].target", "target is missing")]
    public void A_rule_without_its_parts_is_refused(string sent, string field, string detail)
    {
        var refusal = Read(sent, out _);

        Assert.Equal(field, refusal?.Field);
        Assert.Contains(detail, refusal!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"device\": \"car\"", "device", "'car'")]
    [InlineData("\"device\": [\"phone\", 1]", "device", "1 was sent")]
    [InlineData("\"os\": \"Windows 95\"", "os", "'Windows 95'")]
    [InlineData("\"browser\": {}", "browser", "{}")]
    [InlineData("\"language\": \"k\"", "language", "'k'")]
    [InlineData("\"language\": \"ko_KR\"", "language", "'ko_KR'")]
    [InlineData("\"language\": \"*\"", "language", "'*'")]
    [InlineData("\"country\": \"KOR\"", "country", "'KOR'")]
    [InlineData("\"country\": \"XX\"", "country", "'XX'")]
    [InlineData("\"query\": \"=1\"", "query", "'=1'")]
    [InlineData("\"query\": [\"\"]", "query", "''")]
    [InlineData("\"days\": \"monday\"", "days", "'monday'")]
    [InlineData("\"hours\": \"25-17\"", "hours", "'25-17'")]
    [InlineData("\"hours\": \"24:00-01:00\"", "hours", "'24:00-01:00'")]
    [InlineData("\"hours\": \"09:00-24:01\"", "hours", "'09:00-24:01'")]
    [InlineData("\"hours\": \"09:60-10:00\"", "hours", "'09:60-10:00'")]
    [InlineData("\"hours\": \"09:00-09:00\"", "hours", "'09:00-09:00'")]
    [InlineData("\"hours\": \"+9:00-10:00\"", "hours", "'+9:00-10:00'")]
    [InlineData("\"days\": \"mon\", \"zone\": \"Asia/Soul\"", "zone", "'Asia/Soul'")]
    [InlineData("\"days\": \"mon\", \"zone\": \"../etc/passwd\"", "zone", "'../etc/passwd'")]
    [InlineData("\"zone\": \"Asia/Seoul\"", "zone", "'days' and 'hours'")]
    [InlineData("\"from\": \"tomorrow\"", "from", "'tomorrow'")]
    [InlineData("\"until\": \"2026-11-22T09:00\"", "until", "'2026-11-22T09:00'")]
    [InlineData("\"until\": 5", "until", "5")]
    [InlineData("\"from\": \"2026-11-22T09:00Z\", \"until\": \"2026-11-22T10:00+01:00\"", "until", "after")]
    [InlineData("\"percent\": 0", "percent", "0 was sent")]
    [InlineData("\"percent\": 101", "percent", "101")]
    [InlineData("\"percent\": 1.5", "percent", "1.5")]
    [InlineData("\"percent\": \"50\"", "percent", "'50'")]
    [InlineData("\"city\": \"Seoul\"", "city", "unknown")]
    [InlineData("\"os\": \"iOS\", \"os\": \"iOS\"", "os", "more than once")]
    public void An_invalid_condition_is_refused_with_its_path_and_what_was_sent(
        string condition, string field, string detail)
    {
        var refusal = Read(
            $$"""
            [{"name": "a", "if": {"percent": 1}, "target": {{Target}}},
             {"name": "b", "if": { {{condition}} }, "target": {{Target}}}]
            """,
            out _);

        Assert.Equal((RefusalKind.FieldInvalid, $"rules[1].if.{field}"), (refusal!.Kind, refusal.Field));
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_rule_has_its_own_name()
    {
        var refusal = Read(
            $$"""
            [{"name": "a", "if": {"percent": 1}, "target": {{Target}}},
             {"name": "A", "if": {"percent": 1}, "target": {{Target}}}]
            """,
            out _);

        Assert.Equal("rules[1].name", refusal?.Field);
    }

    [Theory]
    [InlineData("ftp://e.example/", RefusalKind.TargetScheme)]
    [InlineData("https://", RefusalKind.TargetInvalid)]
    [InlineData("https://a:b@e.example/", RefusalKind.TargetCredentials)]
    [InlineData("https://go.example.com/x", RefusalKind.TargetIsTerse)]
    [InlineData("https://spam.example/", RefusalKind.TargetBlocked)]
    internal void A_target_of_a_rule_passes_the_checks_of_the_links_target(string target, RefusalKind kind)
    {
        var refusal = Read($$"""[{"name": "a", "if": {"percent": 1}, "target": "{{target}}"}]""", out _);

        Assert.Equal((kind, "rules[0].target"), (refusal!.Kind, refusal.Field));
    }

    [Theory]
    [InlineData(32, 256, 21, true)]
    [InlineData(33, 1, 1, false)]
    [InlineData(1, 257, 1, false)]
    [InlineData(1, 1, 22, false)]
    public void The_numbers_of_rules_and_values_and_the_length_of_a_name_are_limited(
        int rules, int values, int nameLength, bool isValid)
    {
        var queries = string.Join(',', Enumerable.Range(0, values).Select(number => $"\"q{number}\""));
        var refusal = Read(
            $"[{string.Join(',', Enumerable.Range(0, rules).Select(number =>
                $$"""
                {"name": "{{new string('가', nameLength - 1)}}{{(char)('가' + number)}}",
                    "if": {"query": [{{queries}}]}, "target": {{Target}}}
                """))}]",
            out _);

        Assert.Equal(isValid, refusal is null);
    }

    private Refusal? Read(string json, out IReadOnlyList<LinkRule>? rules) => _reader.Read(
        JsonDocument.Parse(json).RootElement, "go.example.com", "127.0.0.1:8080", out rules);

    private static RuleReader NewReader()
    {
        var domains = new DomainMap(Options.Create(new DomainOptions { Default = "go.example.com" }));
        return new(TestBlocks.NewRules(domains, null, ".spam.example"), Names);
    }
}
