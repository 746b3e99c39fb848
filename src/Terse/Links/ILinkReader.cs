using Terse.Hosting;

namespace Terse.Links;

/// <summary>Finds stored links. Implementations are safe for use by any number of threads.</summary>
internal interface ILinkReader
{
    /// <summary>
    /// Finds a link by one of its names, even if it is deleted (<see cref="Link.DeletedAt"/>). A link whose
    /// creation was acknowledged before the call starts is always found. A change that was made on a
    /// different server may be missing for a moment, unless this server has already been notified of the
    /// change.
    /// </summary>
    /// <returns>Null if no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken);

    /// <summary>
    /// Finds a link on the primary, so that the result contains every change that was acknowledged before the
    /// call starts.
    /// </summary>
    /// <returns>Null if no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">The primary cannot be read now.</exception>
    ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken);
}
