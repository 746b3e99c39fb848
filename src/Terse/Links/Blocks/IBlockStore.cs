using Terse.Access;

namespace Terse.Links;

/// <summary>Stores the blocked hosts of an installation.</summary>
internal interface IBlockStore
{
    /// <summary>The maximum number of blocks. Every server keeps all blocks in memory.</summary>
    const int MaxBlocks = 100_000;

    /// <summary>How often a server checks whether the blocks have changed.</summary>
    TimeSpan CheckInterval { get; }

    /// <summary>Reads all blocked hosts.</summary>
    /// <param name="known">
    /// The revision that the caller has; the result has no hosts if it is still the present one.
    /// </param>
    /// <param name="isLatest">
    /// True to read from the primary; false to read from any host, which may lack the newest blocks.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<StoredBlocks> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken);

    /// <summary>Lists blocks, the newest first.</summary>
    /// <param name="before">Only blocks with smaller ids are listed; null to list all.</param>
    /// <param name="limit">The maximum number of blocks.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<IReadOnlyList<Block>> ListAsync(long? before, int limit, CancellationToken cancellationToken);

    /// <summary>Finds the block of a host or a pattern; null if there is none.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<Block?> FindAsync(string host, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a block. If the host is blocked already, replaces the other fields of its block except the time.
    /// The id of the given block is ignored.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="actor">Who adds the block.</param>
    /// <param name="cancellationToken">Cancels the wait; the block may still be stored.</param>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the block was stored, or the database has the schema of an earlier version.
    /// </exception>
    Task<AddBlockResult> AddAsync(Block block, Actor actor, CancellationToken cancellationToken);

    /// <summary>Removes the block of a host or a pattern.</summary>
    /// <param name="host">The host or the pattern.</param>
    /// <param name="actor">Who removes the block.</param>
    /// <param name="cancellationToken">Cancels the wait; the block may still be removed.</param>
    /// <returns>False if there is none.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the block was removed.
    /// </exception>
    Task<bool> RemoveAsync(string host, Actor actor, CancellationToken cancellationToken);
}

/// <param name="Revision">
/// Identifies the contents of the table; null if there is no table, because the database has the schema of an
/// earlier version.
/// </param>
/// <param name="Hosts">The blocked hosts; null if the caller has this revision already.</param>
internal sealed record StoredBlocks(Guid? Revision, IReadOnlyCollection<BlockedHost>? Hosts);

/// <param name="Stored">The stored block; null if there are too many blocks.</param>
/// <param name="IsNew">Whether the host was not blocked before.</param>
internal sealed record AddBlockResult(Block? Stored, bool IsNew);
