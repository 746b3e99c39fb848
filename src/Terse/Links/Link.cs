namespace Terse.Links;

/// <summary>
/// A link leads from a code, within a domain, to a target. It is made once, found by (domain, code) for
/// every redirect, and never handed to anybody else: a code that was given away stays given away. The id is
/// its identity inside Terse; for a generated code the code is the text of the id.
/// </summary>
/// <param name="Id">The time-sorted identity.</param>
/// <param name="Domain">The domain's key: empty for the default domain, else its name in lower case.</param>
/// <param name="Code">What follows the slash, compared exactly.</param>
/// <param name="Target">Where it leads, character for character as it was sent.</param>
/// <param name="CreatedAt">When it was created, in UTC, to the millisecond.</param>
internal sealed record Link(Tsid Id, string Domain, string Code, string Target, DateTimeOffset CreatedAt)
{
    /// <summary>The name under which the link is found.</summary>
    public LinkName Name => new(Domain, Code);

    /// <summary>1 for a new link; one more with each change.</summary>
    public int Version { get; init; } = 1;

    /// <summary>From then on it answers 410; null for never. To the millisecond.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How many visits it answers, over all servers, 1 or more; null for any number.</summary>
    public long? MaxVisits { get; init; }

    /// <summary>
    /// When it was deleted; it stays, so that its code is never another's, and answers 410.
    /// </summary>
    public DateTimeOffset? DeletedAt { get; init; }
}
