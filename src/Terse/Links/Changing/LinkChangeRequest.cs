using Terse.Access;

namespace Terse.Links;

/// <summary>
/// One request to change a link. All attempts to store the change share this object.
/// </summary>
internal sealed record LinkChangeRequest(
    LinkName Name, Func<Link, Link> Change, IReadOnlyList<int>? Versions)
{
    /// <summary>
    /// The change of the last attempt of which it is unknown whether the change was stored, if any.
    /// </summary>
    public Link? Unconfirmed { get; set; }

    /// <summary>Who changes the link.</summary>
    public RequestInfo From { get; init; } = RequestInfo.Server;

    /// <summary>The new code of the link; null to keep its code.</summary>
    public string? Code { get; init; }

    public bool AllowMixedScripts { get; init; }

    /// <summary>Returns why the present state of the link does not allow the change.</summary>
    public Func<Link, ChangeLinkResult?> Refuse { get; init; } = static link =>
        link.DeletedAt is null ? null : new ChangeLinkResult.Deleted();
}
