namespace Terse.Access;

/// <summary>Which rows of the audit a list contains. A null means any.</summary>
internal sealed record AuditFilter
{
    public string? KeyId { get; init; }

    /// <summary>An action such as <c>link.change</c>, or its first part, such as <c>link</c>.</summary>
    public string? Action { get; init; }

    public string? Subject { get; init; }

    public long? LinkId { get; init; }

    /// <summary>At or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>
    /// Whether a row matches. <see cref="LinkId"/> and <see cref="From"/> are not compared: the reader
    /// selects rows by the link, and <see cref="AuditLister"/> ends at <see cref="From"/>.
    /// </summary>
    public bool Matches(AuditRow row) =>
        (KeyId is null || row.KeyId == KeyId)
        && (Action is null || row.Action == Action
            || row.Action.StartsWith(Action + ".", StringComparison.Ordinal))
        && (Subject is null || row.Subject == Subject)
        && !(row.At >= Until);
}
