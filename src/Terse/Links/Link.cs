namespace Terse.Links;

/// <summary>
/// A link leads from a code, within a domain, to a target. A redirect finds the link by its name. The name is
/// never reused, even after the link is deleted. The id identifies the link inside Terse; a generated code is
/// the text of the id.
/// </summary>
/// <param name="Id">The time-sorted identity.</param>
/// <param name="Domain">The stored domain name: in lower case, and empty for the default domain.</param>
/// <param name="Code">The part of the path after the slash; codes are compared exactly.</param>
/// <param name="Target">The URL that the link leads to, character for character as it was sent.</param>
/// <param name="CreatedAt">In UTC, with a precision of 1 ms.</param>
internal sealed record Link(Tsid Id, string Domain, string Code, string Target, DateTimeOffset CreatedAt)
{
    /// <summary>The name under which the link is found.</summary>
    public LinkName Name => new(Domain, Code);

    /// <summary>1 for a new link; each change adds 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>
    /// From this time on the link answers 410. Null for a link that never expires. With a precision of 1 ms.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The most visits, over all servers together: 1 or more; null for no limit.</summary>
    public long? MaxVisits { get; init; }

    /// <summary>
    /// When the link was deleted; null for any other link. A deleted link stays in the database, so that its
    /// name is never reused, and answers 410.
    /// </summary>
    public DateTimeOffset? DeletedAt { get; init; }
}
