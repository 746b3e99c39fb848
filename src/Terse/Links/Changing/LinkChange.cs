namespace Terse.Links;

/// <summary>
/// The JSON body of a request to change a link. A field that the body does not contain stays unchanged. The
/// value null removes the expiry or the visit limit; the target cannot be null.
/// </summary>
/// <remarks>
/// The deserializer calls only the setters of fields that the body contains. So each setter also records that
/// its field is in the body.
/// </remarks>
internal sealed class LinkChange
{
    public string? Target
    {
        get;
        set => (field, HasTarget) = (value, true);
    }

    public string? ExpiresAt
    {
        get;
        set => (field, HasExpiresAt) = (value, true);
    }

    public long? MaxVisits
    {
        get;
        set => (field, HasMaxVisits) = (value, true);
    }

    internal bool HasTarget { get; private set; }

    internal bool HasExpiresAt { get; private set; }

    internal bool HasMaxVisits { get; private set; }
}

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

    /// <summary>The link's version is not one of the versions that the request allows.</summary>
    internal sealed record OtherVersion : ChangeLinkResult;

    internal sealed record Refused(Refusal Refusal) : ChangeLinkResult;
}
