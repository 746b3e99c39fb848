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
