using Terse.Access;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Lists tags, and keeps the requested changes of tags until they are done. Tags appear here once their links
/// are indexed (<see cref="IListIndex"/>). Implementations are safe for use by any number of threads. All
/// methods throw <see cref="StoreUnavailableException"/> when the store cannot be used now.
/// </summary>
internal interface ITagStore
{
    /// <summary>Lists tags in the order of their folded names.</summary>
    /// <param name="page">The range of names.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<ListedTag>> ListAsync(TagPage page, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the request to rename or to delete a tag; it replaces an earlier request for the same tag.
    /// </summary>
    Task<TagRequestResult> RequestAsync(TagRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a change that is not done and that no other server works on. The change belongs to this server
    /// for half a minute.
    /// </summary>
    /// <param name="owner">Identifies this run of the server.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<TagChange?> NextAsync(string owner, CancellationToken cancellationToken);

    /// <summary>Reads the next links that have the tag, in the order of their ids.</summary>
    Task<IReadOnlyList<(long Id, LinkName Name)>> ReadLinksAsync(
        TagChange change, int limit, CancellationToken cancellationToken);

    /// <summary>Stores how far a change is done.</summary>
    /// <param name="change">The change.</param>
    /// <param name="doneUpTo">
    /// The id of the last link; null if there are no more links. Then the change ends, unless indexed links
    /// still have the tag; if so, it begins again with the first of them.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether there is more to do at once.</returns>
    Task<bool> AdvanceAsync(TagChange change, long? doneUpTo, CancellationToken cancellationToken);
}

/// <param name="Beginning">The beginning of the folded names; empty for all tags.</param>
/// <param name="After">The folded name after which the page begins; null for the first page.</param>
/// <param name="Limit">The maximum number of tags.</param>
internal sealed record TagPage(string Beginning, string? After, int Limit)
{
    /// <summary>Sorts after all names; no name contains a character outside of Unicode.</summary>
    private const string Greatest = "\U0010FFFF";

    /// <summary>All names with the beginning sort before this text.</summary>
    public string End => Beginning + Greatest;
}

/// <param name="Tag">The tag.</param>
/// <param name="IsChanging">Whether a change of the tag is not done yet.</param>
/// <param name="NewName">The new name of a tag that is being renamed; null if it is being deleted.</param>
internal sealed record ListedTag(Tag Tag, bool IsChanging, string? NewName);

/// <param name="Folded">The folded name of the tag.</param>
/// <param name="NewName">The new name; null to delete the tag.</param>
/// <param name="MayMerge">Whether the tag may become one with an existing tag.</param>
/// <param name="Actor">
/// Who requests the change. The audit names this actor for each link that changes.
/// </param>
internal sealed record TagRequest(string Folded, string? NewName, bool MayMerge, Actor Actor);

internal enum TagRequestResult
{
    Accepted,
    NotFound,

    /// <summary>Another tag has the new name.</summary>
    NameTaken,

    /// <summary>
    /// A change of the tag with the new name is not done yet. Two tags that are renamed to each other would
    /// change the same links again and again.
    /// </summary>
    NameChanging,
}

/// <summary>A requested change of a tag. All links with the tag are changed one after the other.</summary>
/// <param name="TagId">Identifies the tag in the database.</param>
/// <param name="Folded">The folded name of the tag.</param>
/// <param name="NewName">The new name; null to remove the tag from its links.</param>
/// <param name="DoneUpTo">The id of the last link that was changed.</param>
/// <param name="Actor">
/// Who requested the change; <see cref="Actor.None"/> if the change was stored in the schema of the version
/// before, which has no column for the actor.
/// </param>
internal sealed record TagChange(
    long TagId, string Folded, string? NewName, long DoneUpTo, Actor Actor)
{
    /// <summary>Whether only the case of letters changes.</summary>
    public bool IsOfCase => NewName is { } name && TagName.Fold(name) == Folded;

    public Link Apply(Link link)
    {
        var tags = (link.Settings.Tags ?? [])
            .Select(tag => TagName.Fold(tag) == Folded ? NewName : tag)
            .OfType<string>()
            .DistinctBy(TagName.Fold, StringComparer.Ordinal)
            .ToList();
        var settings = link.Settings with { Tags = tags.Count == 0 ? null : tags };
        return link with { Settings = settings == LinkSettings.None ? LinkSettings.None : settings };
    }
}
