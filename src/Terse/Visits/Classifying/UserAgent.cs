namespace Terse.Visits;

/// <summary>
/// What a <c>User-Agent</c> header says of a visitor. Texts are empty where it does not say.
/// </summary>
/// <remarks>
/// Agents name all whose pages they want to be shown: Edge says that it is Chrome, Chrome that it is Safari,
/// and all that they are Mozilla. So each table is gone through in its order, and the first that fits counts.
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
            if (rule.Fits(text))
                return rule.Name;
        }

        return "";
    }
}

/// <summary>What an agent is called that has a token, and another one where one is named.</summary>
internal sealed record UserAgentRule(string Name, string Token, string And = "")
{
    public bool Fits(string agent) =>
        agent.Contains(Token, StringComparison.Ordinal) && agent.Contains(And, StringComparison.Ordinal);
}
