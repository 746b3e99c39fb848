namespace Terse.Visits;

/// <summary>
/// The browser, the operating system and the type of the device, as read from a <c>User-Agent</c> header. A
/// value is empty if it is unknown.
/// </summary>
/// <remarks>
/// For compatibility, browsers add the names of other browsers to their user agent: Edge also names Chrome,
/// and Chrome also names Safari. So the order of the rules in a table matters: the first matching rule
/// applies.
/// </remarks>
internal readonly record struct UserAgent(string Browser, string Os, string Device, bool IsBot)
{
    public static UserAgent Read(string text) => new(
        FindIn(UserAgentTables.Browsers, text),
        FindIn(UserAgentTables.Systems, text),
        FindIn(UserAgentTables.Devices, text),
        IsProgram(text));

    /// <summary>
    /// Whether the user agent is empty or that of a known program. A person's browser always sends a user
    /// agent.
    /// </summary>
    public static bool IsProgram(string text) =>
        string.IsNullOrWhiteSpace(text) || BotList.Has(text) || LinkPreviewRobots.Has(text);

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

/// <summary>
/// Gives a name to each user agent that contains both texts, <paramref name="Token"/> and
/// <paramref name="And"/>. If <paramref name="And"/> is empty, only <paramref name="Token"/> matters.
/// </summary>
internal sealed record UserAgentRule(string Name, string Token, string And = "")
{
    public bool Matches(string agent) =>
        agent.Contains(Token, StringComparison.Ordinal) && agent.Contains(And, StringComparison.Ordinal);
}
