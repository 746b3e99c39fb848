using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>A page of a list of links.</summary>
/// <param name="Links">The links of the page.</param>
/// <param name="Next">
/// The cursor of the next page; null, and absent, on the last page. A page can be short or empty and have a
/// next page.
/// </param>
/// <param name="Incomplete">
/// True if older links may be missing, because the server has not indexed all links yet; else null, and
/// absent.
/// </param>
/// <param name="Count">How many links match; null, and absent, if the client did not ask.</param>
internal sealed record LinkListResource(
    IReadOnlyList<LinkResource> Links,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Incomplete,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CountedLinks? Count);

/// <summary>How many links match a list.</summary>
/// <param name="Links">The number of links.</param>
/// <param name="AtLeast">Whether more links may match.</param>
internal sealed record CountedLinks(long Links, bool AtLeast);

/// <summary>A page of the list of tags.</summary>
/// <param name="Tags">The tags in the order of their names, without regard to case.</param>
/// <param name="Next">The cursor of the next page; null, and absent, on the last page.</param>
internal sealed record TagListResource(
    IReadOnlyList<TagResource> Tags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A tag, and how often it is used.</summary>
/// <param name="Name">The name in the case in which it was first sent.</param>
/// <param name="Links">How many links have the tag, deleted links included.</param>
/// <param name="Visits">The number of visits of people to these links.</param>
/// <param name="Change">
/// <c>renaming</c> or <c>deleting</c> while all links with the tag change; else null, and
/// absent.
/// </param>
/// <param name="NewName">The new name while the tag is being renamed; else null, and absent.</param>
internal sealed record TagResource(
    string Name,
    long Links,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Change,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NewName);

/// <summary>The JSON body of a request to rename a tag.</summary>
internal sealed class TagRename
{
    /// <summary>The new name of the tag, 1 to 64 characters.</summary>
    public string? Name { get; set; }
}
