using System.Text;

namespace Terse.Redirects;

/// <summary>
/// Adds the query string of a request to the query string of a target. The names and values are not decoded
/// and encoded again, so spaces, repeated names and names without a value stay as they were sent.
/// </summary>
internal static class ForwardedQuery
{
    /// <summary>Adds the parameters of the request after those of the target.</summary>
    /// <param name="target">The target's query string, without the question mark; empty for none.</param>
    /// <param name="sent">The request's query string, without the question mark; empty for none.</param>
    public static string Append(string target, string sent) =>
        target.Length == 0 ? sent : sent.Length == 0 ? target : $"{target}&{sent}";

    /// <summary>
    /// Replaces the parameters of the target that the request contains too, and adds the other parameters of
    /// the request at the end. All values of a repeated name are together at the place of the first one.
    /// </summary>
    /// <inheritdoc cref="Append"/>
    public static string Merge(string target, string sent)
    {
        if (sent.Length == 0)
            return target;
        var replacements = Split(sent).GroupBy(NameOf, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => string.Join('&', group), StringComparer.Ordinal);
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        var merged = new StringBuilder();
        foreach (var parameter in Split(target))
        {
            var name = NameOf(parameter);
            if (!replacements.TryGetValue(name, out var replacement))
                Add(merged, parameter);
            else if (replaced.Add(name))
                Add(merged, replacement);
        }

        foreach (var parameter in Split(sent))
        {
            if (!replaced.Contains(NameOf(parameter)))
                Add(merged, parameter);
        }

        return merged.ToString();
    }

    /// <summary>Returns the name of a parameter, decoded, by which names are compared.</summary>
    private static string NameOf(string parameter) =>
        Uri.UnescapeDataString(parameter.Split('=', 2)[0].Replace('+', ' '));

    private static string[] Split(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries);

    private static void Add(StringBuilder query, string parameter)
    {
        if (query.Length > 0)
            query.Append('&');
        query.Append(parameter);
    }
}
