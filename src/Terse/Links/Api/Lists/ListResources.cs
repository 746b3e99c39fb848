using System.Text.Json.Serialization;

namespace Terse.Links;

/// <param name="Links">The links of the page.</param>
/// <param name="Next">
/// The cursor of the next page; null on the last page. A page can be short or empty and have a next page.
/// </param>
/// <param name="Incomplete">
/// True if older links may be missing, because the server has not indexed all links yet; else null.
/// </param>
/// <param name="Count">How many links match; null if the client did not ask.</param>
internal sealed record LinkListResource(
    IReadOnlyList<LinkResource> Links,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Incomplete,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CountedLinks? Count);

/// <param name="Links">The number of links.</param>
/// <param name="AtLeast">Whether more links may match.</param>
internal sealed record CountedLinks(long Links, bool AtLeast);

/// <param name="Tags">The tags in the order of their names, without regard to case.</param>
/// <param name="Next">The cursor of the next page; null on the last page.</param>
internal sealed record TagListResource(
    IReadOnlyList<TagResource> Tags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <param name="Name">The name in the case in which it was first sent.</param>
/// <param name="Links">How many links have the tag, deleted links included.</param>
/// <param name="Visits">The number of visits of people to these links.</param>
/// <param name="Change">
/// <c>renaming</c> or <c>deleting</c> while all links with the tag change; else null.
/// </param>
/// <param name="NewName">The new name while the tag is being renamed; else null.</param>
internal sealed record TagResource(
    string Name,
    long Links,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Change,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NewName);

/// <summary>The JSON body of a request to rename a tag.</summary>
internal sealed class TagRename
{
    public string? Name { get; set; }
}
