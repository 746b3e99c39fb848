namespace Terse.Links;

/// <summary>The result of a change: exactly one of the nested types.</summary>
internal abstract record ChangeLinkResult
{
    private ChangeLinkResult()
    {
    }

    /// <param name="Link">The link after the change.</param>
    /// <param name="At">
    /// When the change was written; null if nothing was written, because the link already had these values.
    /// </param>
    internal sealed record Changed(Link Link, DateTimeOffset? At) : ChangeLinkResult;

    internal sealed record NotFound : ChangeLinkResult;

    internal sealed record Deleted : ChangeLinkResult;

    /// <summary>The link is deleted and cannot be restored.</summary>
    /// <param name="Reason">Why, in a sentence for people.</param>
    internal sealed record NotRestorable(string Reason) : ChangeLinkResult;

    /// <summary>The link's version is not one of the versions that the request allows.</summary>
    internal sealed record OtherVersion : ChangeLinkResult;

    internal sealed record Refused(Refusal Refusal) : ChangeLinkResult;
}
