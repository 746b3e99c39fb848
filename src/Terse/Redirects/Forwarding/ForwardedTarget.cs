using System.Diagnostics.CodeAnalysis;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Adds the path and the query string of a request to the target of a link, if the link asks for it
/// (<see cref="LinkSettings.ForwardPath"/>, <see cref="LinkSettings.ForwardQuery"/>).
/// </summary>
internal static class ForwardedTarget
{
    /// <param name="target">The target of the link, as stored.</param>
    /// <param name="settings">The settings of the link.</param>
    /// <param name="path">
    /// The part of the requested path after the code, as sent: empty, or a slash and more.
    /// </param>
    /// <param name="query">The query string as sent, with its question mark; empty for none.</param>
    /// <param name="forwarded">The target of this redirect.</param>
    /// <returns>
    /// False if the path cannot be forwarded: the link does not forward paths, or a segment of the path would
    /// lead upwards from the target.
    /// </returns>
    public static bool TryForward(
        string target,
        LinkSettings settings,
        string path,
        string query,
        [NotNullWhen(true)] out string? forwarded)
    {
        forwarded = null;
        var hasPath = path.Length > 1;
        if (hasPath && (!settings.ForwardPath || HasDotSegment(path)))
            return false;

        var (before, ownQuery, fragment) = Split(target);
        var sent = query.Length > 0 ? query[1..] : "";
        if (hasPath)
            before = before.EndsWith('/') ? before + path[1..] : before + path;
        var merged = settings.ForwardQuery switch
        {
            QueryForwarding.Append => ForwardedQuery.Append(ownQuery, sent),
            QueryForwarding.Merge => ForwardedQuery.Merge(ownQuery, sent),
            _ => ownQuery,
        };
        forwarded = $"{before}{(merged.Length > 0 ? "?" : "")}{merged}{fragment}";
        return true;
    }

    /// <summary>
    /// Splits a target into the part before its query string, its query string, and its fragment.
    /// </summary>
    private static (string Before, string Query, string Fragment) Split(string target)
    {
        var hash = target.IndexOf('#', StringComparison.Ordinal);
        var fragment = hash < 0 ? "" : target[hash..];
        var rest = hash < 0 ? target : target[..hash];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (rest, "", fragment) : (rest[..mark], rest[(mark + 1)..], fragment);
    }

    /// <summary>
    /// Whether a segment of the path is <c>.</c> or <c>..</c>, also if it is encoded. Browsers and servers
    /// remove such a segment together with the segment before it.
    /// </summary>
    public static bool HasDotSegment(string path) => Array.Exists(
        path.Replace('\\', '/').Split('/'),
        segment => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..");
}
