using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>
/// Reads the audit: one row for each change of a link, a key, a domain or a block. Triggers of the database
/// write the rows, in the transaction of the change.
/// </summary>
internal interface IAuditReader
{
    /// <summary>Reads rows, the newest first.</summary>
    /// <param name="before">The position after which the rows follow; null to begin with the newest.</param>
    /// <param name="linkId">Only rows of the link with this id; null for all rows.</param>
    /// <param name="limit">The maximum number of rows.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<IReadOnlyList<AuditRow>> ReadAsync(
        AuditPosition? before, long? linkId, int limit, CancellationToken cancellationToken);
}

/// <summary>The position of a row in the audit.</summary>
/// <param name="At">When the change was made, in microseconds since 1970.</param>
/// <param name="Id">Distinguishes rows of the same time.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AuditPosition(long At, long Id);

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
