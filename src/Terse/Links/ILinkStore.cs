namespace Terse.Links;

/// <summary>Where links are kept. Implementations are safe for use by any number of threads.</summary>
internal interface ILinkStore
{
    /// <summary>How long a creation is waited for, all that it tries again included.</summary>
    TimeSpan Patience { get; }

    /// <summary>
    /// Adds a link. When it returns <see cref="AddLinkResult.Added"/> the link is on disk, and every
    /// <see cref="FindAsync"/> that starts from then on finds it. With any other result nothing was added.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="tickEnd">When the tick of its id ends: from then on the link counts as created.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store is locked, full, unwritable or gone. Whether the link was added is unknown.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The caller gave up waiting. Whether the link was added is unknown.
    /// </exception>
    Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken);

    /// <summary>Finds the link with this code in this domain, or null.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    ValueTask<Link?> FindAsync(string domain, string code, CancellationToken cancellationToken);
}

internal enum AddLinkResult
{
    Added,

    /// <summary>Another link of the domain has the code; it is unchanged.</summary>
    CodeTaken,

    /// <summary>Another link has the id: mint again.</summary>
    IdTaken,

    /// <summary>Lookups of that tick may have been answered for good: mint again, later.</summary>
    TooLate,
}

/// <summary>The infrastructure behind a store is lost or overloaded for now; another try may help.</summary>
internal sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException()
    {
    }

    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
