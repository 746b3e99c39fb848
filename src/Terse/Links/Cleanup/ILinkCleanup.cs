using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Finds links that were deleted, or have expired, long ago. Reads all links page by page, so that no
/// statement takes long and no index is needed. Implementations are safe for use by any number of threads.
/// </summary>
internal interface ILinkCleanup
{
    /// <summary>
    /// Reads the next page of links. Several servers may call this method at the same time; each page is read
    /// by one of them. After the last page, a new pass begins at the earliest after
    /// <see cref="LinkCleaner.Interval"/>.
    /// </summary>
    /// <returns>Null if there is nothing to read now.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    Task<CleanupPage?> ReadPageAsync(CleanupTimes times, CancellationToken cancellationToken);
}

/// <summary>Which links are old enough to be erased.</summary>
/// <param name="DeletedBefore">Links that were deleted before; null for no deleted links.</param>
/// <param name="ExpiredBefore">
/// Links that are not deleted and expired before; null for no expired links.
/// </param>
internal sealed record CleanupTimes(DateTimeOffset? DeletedBefore, DateTimeOffset? ExpiredBefore)
{
    public bool Include(Link link) =>
        !link.IsErased
        && (link.DeletedAt is { } deleted
            ? deleted < DeletedBefore
            : link.ExpiresAt < ExpiredBefore && link.Settings.ExpiredTarget is null);
}

/// <param name="Old">
/// The links of the page that are old enough, by their times; some of them may have another reason to stay.
/// </param>
/// <param name="IsLast">Whether the page is the last one of this pass.</param>
internal sealed record CleanupPage(IReadOnlyList<LinkName> Old, bool IsLast);
