using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Terse.Links;
using Terse.Redirects;
using Terse.Visits;
using Terse.Web;

namespace Terse.Fuzz;

/// <summary>What must hold for every JSON that a client sends as the rules of a link.</summary>
internal static class RuleInvariants
{
    private static readonly RuleReader Reader =
        new(Installation.NewTargetRules(Installation.FreeTargets), UserAgentTables.Names);

    public static void Check(byte[] input)
    {
        NewLink body;
        try
        {
            byte[] json = [.. "{\"rules\":"u8, .. input, .. "}"u8];
            body = JsonBody.Read(json, LinkJson.Instance.NewLink, "an object");
        }
        catch (JsonBodyException exception)
        {
            Assert.Equal(StatusCodes.Status400BadRequest, exception.Type.Status);
            Assert.NotEmpty(exception.Message);
            return;
        }

        if (Read(body.Rules, out var rules) is { } refusal)
        {
            Assert.StartsWith("rules", refusal.Field, StringComparison.Ordinal);
            Assert.NotEmpty(refusal.Detail);
        }
        else if (rules is not null)
        {
            CheckAccepted(rules);
        }
    }

    private static Refusal? Read(JsonElement? sent, out IReadOnlyList<LinkRule>? rules) =>
        Reader.Read(sent, Installation.Host, Installation.Address, out rules);

    private static void CheckAccepted(IReadOnlyList<LinkRule> rules)
    {
        Assert.InRange(rules.Count, 1, RuleReader.MaxRules);
        var settings = new LinkSettings { Rules = rules };
        var stored = StoredSettings.Write(settings);
        Assert.Equal(settings, StoredSettings.Read(stored));

        // A client can send the rules back as it has received them.
        using var json = JsonDocument.Parse(stored!);
        Assert.Null(Read(json.RootElement.GetProperty("rules"), out var again));
        Assert.Equal(settings, new LinkSettings { Rules = again });

        var link = Installation.NewLink("https://e.example/") with { Settings = settings };
        var compiled = CompiledRules.Of(link)!;
        Assert.Equal(rules.Select(rule => TargetAscii.Of(rule.Target)), compiled.Locations);
        foreach (var visitor in Visitors())
        {
            if (compiled.Match(visitor) is { } match)
                Assert.Contains(match.Name, rules.Select(rule => rule.Name));
        }
    }

    private static IEnumerable<RuleVisitor> Visitors()
    {
        const string Phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/1 Safari/1";
        foreach (var (agent, language, query) in new[] { ("", "", ""), (Phone, "ko, de;q=0.5", "?a=b") })
        {
            var request = new DefaultHttpContext().Request;
            request.Headers.UserAgent = agent;
            request.Headers.AcceptLanguage = language;
            request.QueryString = new(query);
            yield return new(request, 1, Installation.Now, new(null, null), Installation.Salts);
        }
    }
}
