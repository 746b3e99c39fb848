using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Web;

/// <summary>
/// Makes the HTTP entity tags of links (RFC 9110, sections 8.8.3 and 13.1). A tag is strong: it differs for
/// every two representations of a link that differ. A representation that shows the number of visits changes
/// with each visit, so its tag contains the version and the number. A representation without visits changes
/// only with the version. <c>If-Match</c> compares the version alone, because a visit does not conflict with
/// a change.
/// </summary>
internal static class EntityTags
{
    /// <param name="version">The version of the link.</param>
    /// <param name="visits">
    /// The number of all visits, which never decreases; null if the representation does not show the visits.
    /// </param>
    public static string Of(int version, long? visits) => visits is { } number
        ? string.Create(CultureInfo.InvariantCulture, $"\"v{version}-{number}\"")
        : string.Create(CultureInfo.InvariantCulture, $"\"v{version}\"");

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

    /// <summary>Refuses a request whose <c>If-Match</c> header cannot be read.</summary>
    public static Problem RefuseIfMatch() => Problem.Of(
        ProblemType.RequestMalformed,
        $"The header {HeaderNames.IfMatch} is invalid; send entity tags such as \"v3\", with quotation "
        + "marks, or *.",
        HeaderNames.IfMatch);

    /// <summary>Refuses a change whose <c>If-Match</c> header lists other versions.</summary>
    /// <param name="subject">What has another version: <c>link</c> or <c>domain</c>.</param>
    public static Problem RefuseVersion(string subject) => Problem.Of(
        ProblemType.PreconditionFailed,
        $"The {subject} has none of the versions in {HeaderNames.IfMatch}; read it again and retry with its "
        + "new ETag.",
        HeaderNames.IfMatch);

    /// <summary>
    /// Whether the <c>If-None-Match</c> header lists the tag of the current representation. If so, the client
    /// already has this representation.
    /// </summary>
    public static bool IsCachedByClient(HttpRequest request, string current) =>
        TryParse(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any)
            || tag.Tag.Equals(current, StringComparison.Ordinal));

    private static bool TryParse(StringValues header, out IList<EntityTagHeaderValue> tags)
    {
        var isList = EntityTagHeaderValue.TryParseStrictList(header, out var parsed);
        tags = parsed ?? [];
        return isList && tags.Count > 0;
    }

    /// <summary>Returns the version in a tag; null if <see cref="Of"/> cannot return the tag.</summary>
    private static int? VersionOf(EntityTagHeaderValue tag)
    {
        if (tag.Tag.AsSpan() is not ['"', 'v', .. var numbers, '"'])
            return null;
        var dash = numbers.IndexOf('-');
        long visits = 0;
        var isRead = int.TryParse(
                dash < 0 ? numbers : numbers[..dash],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var version)
            && (dash < 0 || long.TryParse(
                numbers[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out visits));
        return isRead && tag.Tag.Equals(Of(version, dash < 0 ? null : visits), StringComparison.Ordinal)
            ? version
            : null;
    }
}
