namespace Terse.Links;

/// <summary>
/// What a change asks for, as it was sent. A field that was not sent stays as it is; one that was sent as
/// null is cleared.
/// </summary>
/// <remarks>The setters run for the fields that were sent, and only for those.</remarks>
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

/// <summary>What became of a change: exactly one of these.</summary>
internal abstract record ChangeLinkResult
{
    private ChangeLinkResult()
    {
    }

    /// <param name="Link">The link as it is now.</param>
    /// <param name="At">When that was written; null where nothing had to be.</param>
    internal sealed record Changed(Link Link, DateTimeOffset? At) : ChangeLinkResult;

    internal sealed record NotFound : ChangeLinkResult;

    internal sealed record Deleted : ChangeLinkResult;

    /// <summary>The link is not at any of the versions that were asked for.</summary>
    internal sealed record OtherVersion : ChangeLinkResult;

    internal sealed record Refused(Refusal Refusal) : ChangeLinkResult;
}
