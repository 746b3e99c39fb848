using System.Runtime.InteropServices;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Identifies the primary that wrote the data that a host shows. Immutable, and therefore safe for use by any
/// number of threads.
/// </summary>
/// <remarks>
/// The timeline alone does not identify a primary. A database that was moved with dump and restore, or with
/// pg_upgrade, starts again at timeline 1 under another system identifier. Two replicas that are promoted
/// independently of each other can take the same timeline. The term tells these two apart, because the first
/// beat of each new primary chooses the term at random.
/// </remarks>
/// <param name="SystemIdentifier">
/// PostgreSQL's system identifier, which <c>initdb</c> chooses and all replicas copy; 0 while it is unknown.
/// </param>
/// <param name="Timeline">
/// The PostgreSQL timeline, which each failover raises; 0 while it is unknown.
/// </param>
/// <param name="Term">
/// The random term of the primary. Empty while it is unknown: before the first beat of a new primary, and in
/// databases of an earlier version of this library.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClusterIdentity(long SystemIdentifier, int Timeline, Guid Term)
{
    /// <summary>
    /// Whether both values can identify the same primary. An unknown system identifier or term matches any
    /// other; an unknown timeline matches none.
    /// </summary>
    public bool IsSame(ClusterIdentity other) =>
        Timeline > 0
        && Timeline == other.Timeline
        && !IsOtherInstallation(other)
        && (Term == other.Term || Term == Guid.Empty || other.Term == Guid.Empty);

    /// <summary>
    /// Reads an identity from the columns <c>system_identifier</c>, <c>timeline</c> and <c>term</c> of
    /// <see cref="HorizonSchema.Snapshot"/>, in this order.
    /// </summary>
    /// <param name="row">The reader, positioned on a row.</param>
    /// <param name="column">The ordinal of the column <c>system_identifier</c>.</param>
    public static ClusterIdentity Read(NpgsqlDataReader row, int column)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new(
            row.GetInt64(column),
            row.GetInt32(column + 1),
            row.IsDBNull(column + 2) ? Guid.Empty : row.GetGuid(column + 2));
    }

    /// <summary>Whether the two values certainly belong to different installations of PostgreSQL.</summary>
    internal bool IsOtherInstallation(ClusterIdentity other) =>
        SystemIdentifier != 0 && other.SystemIdentifier != 0 && SystemIdentifier != other.SystemIdentifier;
}
