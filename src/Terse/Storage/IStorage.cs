using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage;

/// <summary>What keeps the links, as the start sees it.</summary>
internal interface IStorage : IReadiness
{
    /// <summary>What it is and where, for the line that says that the server is ready.</summary>
    string Description { get; }

    /// <summary>Makes it ready for use: connected, and with this version's schema.</summary>
    /// <exception cref="StartupException">It cannot be used; the message says why.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Looks how codes were made, without <see cref="PrepareAsync"/>, and changes nothing.</summary>
    /// <exception cref="StartupException">There is no database, or not of this version's schema.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken);
}
