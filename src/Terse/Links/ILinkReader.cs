using Terse.Hosting;

namespace Terse.Links;

/// <summary>Finds stored links. Implementations are safe for use by any number of threads.</summary>
internal interface ILinkReader
{
    /// <summary>
    /// Finds a link by its name, a deleted link too. A link that was added before the call starts is found. A
    /// change on another server may show only a moment later, unless this server was notified of the change.
    /// </summary>
    /// <returns>Null where no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken);

    /// <summary>
    /// Finds a link on the primary, with every change that was acknowledged before the call.
    /// </summary>
    /// <returns>Null where no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">The primary cannot be read now.</exception>
    ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken);
}
