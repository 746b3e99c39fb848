using System.Text;
using Microsoft.AspNetCore.Http;
using Terse.Redirects;
using Terse.Visits;

namespace Terse.Fuzz;

/// <summary>
/// What must hold for every user agent, and for the other headers by which visitors are classified: whether a
/// person or a program follows the link, and with which browser, system, device and language.
/// </summary>
internal static class UserAgentInvariants
{
    /// <summary>The number of bytes of a user agent that are classified when the visit is stored.</summary>
    private const int StoredBytes = 512;

    public static void Check(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        CheckAgent(text);
        CheckStored(input);
        CheckRequest(text);
    }

    private static void CheckAgent(string text)
    {
        var agent = UserAgent.Read(text);
        Assert.True(agent.Browser.Length == 0 || UserAgentTables.Names.Browsers.Contains(agent.Browser));
        Assert.True(agent.Os.Length == 0 || UserAgentTables.Names.Systems.Contains(agent.Os));
        Assert.True(agent.Device.Length == 0 || UserAgentTables.Names.Devices.Contains(agent.Device));

        Assert.Equal(agent.IsBot, UserAgent.IsProgram(text));

        // A cache answers as the tables do. It is empty, so that each input reaches the same edges each time.
        var cache = new AgentCache<UserAgent>(UserAgent.Read);
        Assert.Equal(agent, cache.Read(text));
        Assert.Equal(agent, cache.Read(text));
    }

    private static void CheckStored(byte[] input)
    {
        var start = input.AsSpan(0, Math.Min(input.Length, StoredBytes));
        var agent = UserAgent.Read(Encoding.UTF8.GetString(start));
        var classifier = new VisitClassifier();
        for (var time = 0; time < 2; time++)
        {
            var visit = classifier.Classify(
                1, 0, RedirectOutcome.Followed, isBot: false, input, input, input);
            Assert.Equal((agent.Browser, agent.Os, agent.Device), (visit.Browser, visit.Os, visit.Device));
            Assert.Equal(agent.IsBot, visit.IsBot);
            Assert.True(visit.Country.Length is 0 or 2);
        }
    }

    private static void CheckRequest(string text)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = HttpMethods.Get;
        request.Headers.UserAgent = text;
        request.Headers.AcceptLanguage = text;
        request.Headers["Sec-Purpose"] = text;
        if (Visitor.IsLinkPreview(request))
            Assert.True(UserAgent.IsProgram(text), "A robot that shows previews counts as a person.");
        Assert.Equal(Visitor.IsPrefetch(request), Visitor.IsBotByRequest(request));
        var visitor = new RuleVisitor(request, 1, Installation.Now, new(null, null), Installation.Salts);
        Assert.All(visitor.Languages, language => Assert.NotEmpty(language));
        Assert.InRange(visitor.Point, 0, VisitorShare.Points - 1);
    }
}
