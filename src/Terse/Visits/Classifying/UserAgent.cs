namespace Terse.Visits;

/// <summary>
/// Browser, operating system and device of a <c>User-Agent</c> header; empty if unknown.
/// </summary>
/// <remarks>
/// User agents contain the names of other browsers for compatibility: Edge also names Chrome, and Chrome also
/// names Safari. So each table has an order, and the first matching rule applies.
/// </remarks>
internal readonly record struct UserAgent(string Browser, string Os, string Device, bool IsBot)
{
    public static UserAgent Read(string text) => new(
        FindIn(UserAgentTables.Browsers, text),
        FindIn(UserAgentTables.Systems, text),
        FindIn(UserAgentTables.Devices, text),
        BotList.Has(text));

    private static string FindIn(UserAgentRule[] table, string text)
    {
        foreach (var rule in table)
        {
            if (rule.Matches(text))
                return rule.Name;
        }

        return "";
    }
}

/// <summary>The name for user agents that contain a token, and a second token if one is given.</summary>
internal sealed record UserAgentRule(string Name, string Token, string And = "")
{
    public bool Matches(string agent) =>
        agent.Contains(Token, StringComparison.Ordinal) && agent.Contains(And, StringComparison.Ordinal);
}
