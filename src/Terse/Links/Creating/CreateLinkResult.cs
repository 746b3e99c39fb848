namespace Terse.Links;

/// <summary>The result of a creation: exactly one of the nested types.</summary>
internal abstract record CreateLinkResult
{
    private CreateLinkResult()
    {
    }

    /// <param name="Link">The created link.</param>
    /// <param name="IsReplayed">
    /// Whether an earlier request with the same idempotency key created the link.
    /// </param>
    internal sealed record Created(Link Link, bool IsReplayed = false) : CreateLinkResult;

    /// <summary>
    /// A link that does what the requested link would do existed already; none was created.
    /// </summary>
    internal sealed record Existing(Link Link) : CreateLinkResult;

    internal sealed record Refused(Refusal Refusal) : CreateLinkResult;
}
