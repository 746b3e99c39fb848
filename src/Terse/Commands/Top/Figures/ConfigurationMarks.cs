namespace Terse.Commands;

/// <summary>Marks servers whose configuration differs from that of most servers.</summary>
internal static class ConfigurationMarks
{
    /// <returns>
    /// The servers, in the same order. If the two most frequent configurations are equally frequent, all
    /// servers are marked.
    /// </returns>
    public static IReadOnlyList<ServerFigures> Mark(IReadOnlyList<ServerFigures> servers)
    {
        var counts = servers
            .Select(server => server.Configuration)
            .OfType<string>()
            .CountBy(configuration => configuration, StringComparer.Ordinal)
            .OrderByDescending(count => count.Value)
            .Take(2)
            .ToList();
        if (counts.Count < 2)
            return servers;
        var usual = counts[0].Value > counts[1].Value ? counts[0].Key : null;
        return [.. servers.Select(server => server with
        {
            HasOtherConfiguration = server.Configuration is not null && server.Configuration != usual,
        })];
    }
}
