using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage;

/// <summary>
/// Represents the storage of links, with only the operations that a Terse server needs while it starts.
/// </summary>
internal interface IStorage : IReadiness
{
    /// <summary>
    /// The kind and the location of the storage. The Terse server logs this text when it is ready.
    /// </summary>
    string Description { get; }

    /// <summary>
    /// Says why there is no database yet, so that <see cref="PrepareAsync"/> would create it; null if there
    /// is one, or if this is unknown without a connection. Creates nothing.
    /// </summary>
    string? WhyNoDatabase { get; }

    /// <summary>
    /// Connects to the storage, and migrates or checks the schema. If the primary is lost and a replica can
    /// be read, or if another transaction blocks the migration and the server can work with the present
    /// schema, the Terse server completes this in the background.
    /// </summary>
    /// <exception cref="StartupException">The storage is unusable; the message says why.</exception>
    /// <exception cref="StoreUnavailableException">The storage cannot be reached.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Connects to the storage and migrates the schema, however long this takes.</summary>
    /// <inheritdoc cref="PrepareAsync"/>
    Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Finds out what <see cref="MigrateAsync"/> would do, and changes nothing.</summary>
    /// <exception cref="StartupException">
    /// The database does not exist, or belongs to a later version of Terse.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The storage cannot be reached.</exception>
    Task<MigrationPlan> PlanAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads the layouts of all ids, and writes nothing. Also works before <see cref="PrepareAsync"/> was
    /// called.
    /// </summary>
    /// <exception cref="StartupException">
    /// The database does not exist, or its schema belongs to a different version of Terse.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The storage cannot be reached.</exception>
    Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken);
}
