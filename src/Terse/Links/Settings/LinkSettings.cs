namespace Terse.Links;

/// <summary>
/// The fields of a link that are stored together as JSON (<see cref="StoredSettings"/>), so that a new field
/// needs no change of the schema. <see cref="None"/> describes a link without any of them. Two instances are
/// equal if all their values are equal.
/// </summary>
internal sealed record LinkSettings
{
    public static readonly LinkSettings None = new();

    /// <summary>The id of the key that created the link; null for a link without one.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// The id of the key that changed the link last; null for a link that was never changed, and for a change
    /// without a key. The audit reads it.
    /// </summary>
    public string? ChangedBy { get; init; }

    /// <summary>
    /// The address from which the link was created or changed last, if the audit keeps addresses.
    /// </summary>
    public string? ChangedFrom { get; init; }

    /// <summary>
    /// The id of the key that deleted the link; null for a link that is not deleted, and for a deletion
    /// without a key.
    /// </summary>
    public string? DeletedBy { get; init; }

    /// <summary>
    /// The id of the key that disabled the link; null for a link that is not disabled, and if it was disabled
    /// without a key.
    /// </summary>
    public string? DisabledBy { get; init; }

    /// <summary>A name of the link for people; null for a link without a title.</summary>
    public string? Title { get; init; }

    /// <summary>A remark for the people who manage the link; visitors never see it.</summary>
    public string? Note { get; init; }

    /// <summary>
    /// The tags by which people group links, in the order and the case in which they were sent; null for a
    /// link without tags.
    /// </summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>
    /// Whether the link is switched off. Requests for such a link are answered with 404, as if the link did
    /// not exist.
    /// </summary>
    public bool IsDisabled { get; init; }

    /// <summary>
    /// When the link starts to work, with a precision of 1 ms. Before this time, requests for the link are
    /// answered with 404. Null for a link that works from its creation on.
    /// </summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>The status code of the redirect: 301, 307 or 308; null for the usual 302.</summary>
    public int? RedirectStatus { get; init; }

    public QueryForwarding ForwardQuery { get; init; }

    /// <summary>
    /// Whether the redirect appends the part of the requested path that follows the code to the target.
    /// </summary>
    public bool ForwardPath { get; init; }

    /// <summary>Whether the visits of the link become events.</summary>
    public bool VisitEvents { get; init; }

    /// <summary>
    /// The URL that the link leads to after it has expired; null if requests are then answered with 410.
    /// </summary>
    public string? ExpiredTarget { get; init; }

    /// <summary>
    /// The rules in the order in which they are matched; null for a link without rules.
    /// </summary>
    public IReadOnlyList<LinkRule>? Rules { get; init; }

    /// <summary>
    /// The hash of the password that visitors must send; null for a link without a password.
    /// </summary>
    public LinkPassword? Password { get; init; }

    /// <remarks>
    /// Tags, rules and passwords contain lists and arrays, which a record would compare by reference.
    /// </remarks>
    public bool Equals(LinkSettings? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && StoredSettings.Write(this) == StoredSettings.Write(other));

    public override int GetHashCode() => HashCode.Combine(Title, Note, ExpiredTarget);
}

/// <summary>What a redirect does with the query string of the request.</summary>
internal enum QueryForwarding
{
    /// <summary>The redirect ignores the query string.</summary>
    Off = 0,

    /// <summary>The redirect adds the query string to the one of the target.</summary>
    Append = 1,

    /// <summary>
    /// The redirect adds the query string to the one of the target, and removes the parameters of the target
    /// whose names the query string contains.
    /// </summary>
    Merge = 2,
}
