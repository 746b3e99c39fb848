namespace Terse.Access;

/// <summary>One change in the audit.</summary>
/// <param name="Position">The place of the row.</param>
/// <param name="KeyId">
/// The key that made the change; null for a command, for the server itself, and without a key.
/// </param>
/// <param name="Address">The address of the client, if the audit keeps addresses.</param>
/// <param name="Action">What was done, such as <c>link.change</c>.</param>
/// <param name="Subject">
/// What was changed: domain and code of a link, the id of a key, a domain, or a blocked host.
/// </param>
/// <param name="LinkId">The id of the link; null if something else was changed.</param>
/// <param name="Before">The state before as JSON, without secrets; null if there is none.</param>
/// <param name="After">The state after as JSON, without secrets; null if there is none.</param>
internal sealed record AuditRow(
    AuditPosition Position,
    string? KeyId,
    string? Address,
    string Action,
    string Subject,
    long? LinkId,
    string? Before,
    string? After)
{
    public DateTimeOffset At =>
        DateTimeOffset.UnixEpoch.AddTicks(Position.At * TimeSpan.TicksPerMicrosecond);
}
