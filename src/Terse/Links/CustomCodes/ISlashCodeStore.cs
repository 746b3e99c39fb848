using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Tells whether codes with slashes may exist. Servers can have different settings, and the setting can be
/// switched off while such codes exist, so the database remembers it.
/// </summary>
internal interface ISlashCodeStore
{
    /// <summary>
    /// Whether a code with a slash may exist: whether any server has called
    /// <see cref="ILinkStore.AnnounceSlashesAsync"/> for a link with such a code. The answer never becomes
    /// false again.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    Task<bool> MayExistAsync(CancellationToken cancellationToken);
}
