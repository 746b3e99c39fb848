using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Web;

/// <summary>
/// Versions as entity tags (RFC 9110, sections 8.8.3 and 13.1): strong ones, since a version is never shown
/// in two ways.
/// </summary>
internal static class EntityTags
{
    public static string Of(int version) => $"\"v{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>
    /// Reads <c>If-Match</c>; a change that is to depend on it must not pass over a wrong one.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="versions">The versions that are asked for; null where any will do.</param>
    /// <returns>False where the header is no list of entity tags.</returns>
    public static bool TryReadIfMatch(HttpRequest request, out IReadOnlyList<int>? versions)
    {
        versions = null;
        var header = request.Headers.IfMatch;
        if (header.Count == 0)
            return true;
        if (!TryParse(header, out var tags))
            return false;
        if (!tags.Contains(EntityTagHeaderValue.Any))
            versions = [.. tags.Where(tag => !tag.IsWeak).Select(VersionOf).OfType<int>()];
        return true;
    }

    /// <summary>Whether <c>If-None-Match</c> names a version: who asks has it already.</summary>
    public static bool IsKnown(HttpRequest request, int version) =>
        TryParse(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || VersionOf(tag) == version);

    private static bool TryParse(StringValues header, out IList<EntityTagHeaderValue> tags)
    {
        var isList = EntityTagHeaderValue.TryParseStrictList(header, out var parsed);
        tags = parsed ?? [];
        return isList && tags.Count > 0;
    }

    private static int? VersionOf(EntityTagHeaderValue tag) =>
        tag.Tag.AsSpan() is ['"', 'v', .. var digits, '"']
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        && tag.Tag.Equals(Of(version), StringComparison.Ordinal)
            ? version
            : null;
}
