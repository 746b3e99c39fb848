using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Finds links by their target. Implementations are safe for use by any number of threads.
/// </summary>
internal interface ILinkTargets
{
    /// <summary>
    /// The maximum number of links that a search reads. Of more links with one target, deleted ones included,
    /// only the newest are compared with a request.
    /// </summary>
    const int MaxLinks = 100;

    /// <summary>
    /// Finds the links of a domain that have exactly this target and are not deleted, among the newest links
    /// with this target. The newest is the first. The result contains every link that was acknowledged before
    /// the call starts.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be read now, or still builds the index for this search.
    /// </exception>
    Task<IReadOnlyList<Link>> FindByTargetAsync(
        string domain, string target, CancellationToken cancellationToken);
}
