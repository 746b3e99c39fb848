using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Web;

/// <summary>
/// Converts versions of links to HTTP entity tags and back (RFC 9110, sections 8.8.3 and 13.1). The tags are
/// strong, because each version of a link has only one representation.
/// </summary>
internal static class EntityTags
{
    public static string Of(int version) => $"\"v{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>
    /// Reads the <c>If-Match</c> header. The caller must refuse a request with an invalid header, because the
    /// change would otherwise ignore its precondition.
    /// </summary>
    /// <param name="request">The request that may contain the header.</param>
    /// <param name="versions">
    /// The versions that the header lists; null if any version matches, because the header is <c>*</c> or is
    /// absent.
    /// </param>
    /// <returns>
    /// False if the request contains the header but the header is not a list of entity tags.
    /// </returns>
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

    /// <summary>
    /// Whether the <c>If-None-Match</c> header lists this version. If so, the client already has this version
    /// of the link.
    /// </summary>
    public static bool IsCachedByClient(HttpRequest request, int version) =>
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
