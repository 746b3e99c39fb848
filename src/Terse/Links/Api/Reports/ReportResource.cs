using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>The reports of a link, as the API shows them.</summary>
/// <param name="Id">The number by which the report is closed.</param>
/// <param name="Count">How often the link was reported.</param>
/// <param name="Reasons">The first reasons that visitors sent.</param>
/// <param name="FirstAt">When the link was first reported.</param>
/// <param name="LastAt">When the link was last reported.</param>
/// <param name="ShortUrl">The short URL under which the link was first reported.</param>
/// <param name="Link">The link; null if it was deleted.</param>
internal sealed record ReportResource(
    long Id,
    long Count,
    IReadOnlyList<string> Reasons,
    DateTime FirstAt,
    DateTime LastAt,
    string ShortUrl,
    LinkResource? Link);

/// <summary>A page of reports.</summary>
/// <param name="Reports">The reports of the page, the link that was reported last first.</param>
/// <param name="Next">The cursor of the next page; null on the last page.</param>
internal sealed record ReportListResource(
    IReadOnlyList<ReportResource> Reports,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
