using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// What the rules of a link need to know about a visitor. Each value is found only when a condition needs it.
/// Not safe for use by several threads at once.
/// </summary>
/// <param name="request">The request of the visitor.</param>
/// <param name="link">The id of the link.</param>
/// <param name="now">The time of the request.</param>
/// <param name="countries">Finds the country of the visitor.</param>
/// <param name="salts">The salts of the share to which the visitor belongs.</param>
internal sealed class RuleVisitor(
    HttpRequest request, long link, DateTimeOffset now, CountrySource countries, VisitorSalts salts)
{
    private UserAgent? _agent;
    private int? _point;

    public DateTimeOffset Now => now;

    /// <summary>The query string as sent, with its question mark; empty for none.</summary>
    public string Query => request.QueryString.Value ?? "";

    public UserAgent Agent => _agent ??= Visitor.Classify(Visitor.AgentOf(request));

    /// <summary>The country code; empty if the country is unknown.</summary>
    public string Country => field ??= countries.CountryOf(request);

    /// <summary>
    /// The languages with the highest quality in <c>Accept-Language</c>: one, unless the visitor prefers
    /// several equally. The link's target is for visitors who prefer any other language, so languages with a
    /// lower quality do not matter.
    /// </summary>
    public IReadOnlyList<string> Languages => field ??= FindLanguages(request.Headers.AcceptLanguage);

    /// <inheritdoc cref="VisitorShare.PointOf"/>
    public int Point => _point ??= VisitorShare.PointOf(
        salts.SaltOf(now), ClientAddress.Of(request.HttpContext), Visitor.AgentOf(request), link);

    private static List<string> FindLanguages(StringValues header)
    {
        if (!StringWithQualityHeaderValue.TryParseList(header, out var sent))
            return [];
        var languages = sent.Where(one => one.Value != "*" && one.Quality is not 0).ToList();
        var best = languages.Select(QualityOf).DefaultIfEmpty().Max();
        return [.. languages.Where(one => QualityOf(one) >= best).Select(one => one.Value.ToString())];

        static double QualityOf(StringWithQualityHeaderValue language) => language.Quality ?? 1;
    }
}
