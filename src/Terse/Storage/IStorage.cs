using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage;

/// <summary>The storage of the links, as far as the start of the server needs to know it.</summary>
internal interface IStorage : IReadiness
{
    /// <summary>The kind and place of the storage, for the log line of a ready server.</summary>
    string Description { get; }

    /// <summary>Connects, and migrates or checks the schema.</summary>
    /// <exception cref="StartupException">The storage is unusable; the message says why.</exception>
    /// <exception cref="StoreUnavailableException">The storage cannot be reached.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads the layouts of all ids, without <see cref="PrepareAsync"/> before it. Nothing is written.
    /// </summary>
    /// <exception cref="StartupException">
    /// The database does not exist, or its schema is not this version's.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The storage cannot be reached.</exception>
    Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken);
}
