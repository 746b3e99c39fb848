using Terse.Access;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>The JSON body of a request to block a host.</summary>
internal sealed class BlockFields
{
    /// <summary>A host or a pattern, in any spelling.</summary>
    public string? Host { get; set; }

    /// <summary>Whether all subdomains of the host are blocked, too.</summary>
    public bool? Subdomains { get; set; }

    /// <summary>Why the host is blocked, for the admins.</summary>
    public string? Reason { get; set; }
}

/// <summary>Adds and removes blocks in the database.</summary>
internal sealed class BlockChanger(IBlockStore store, BlockLoader loader, TimeProvider time)
{
    /// <summary>Stores a block. When the task has completed, this server refuses the host.</summary>
    /// <returns>The stored block, and why the request is refused; one of them is null.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the block was stored.</exception>
    public async Task<(AddBlockResult? Result, Refusal? Refusal)> AddAsync(
        BlockFields fields, Actor actor, CancellationToken cancellationToken)
    {
        if (!BlockedHost.TryParse(fields.Host, out var host, out var reason))
        {
            return (null, Refusal.OfField(
                "host", $"'host' {reason}; '{Refusal.Shorten(fields.Host)}' was sent."));
        }

        if (LinkTexts.CheckReason(fields.Reason) is { } refusal)
            return (null, refusal);
        if (fields.Subdomains == true && !host.IncludesSubdomains)
        {
            if (host.IsPattern || !BlockedHost.TryParse("." + host.Host, out host, out _))
            {
                return (null, Refusal.OfField(
                    "subdomains",
                    "Only a host name can be blocked with its subdomains, not a pattern or an address."));
            }
        }

        var now = time.GetUtcMilliseconds();
        var added = new Block(
            0,
            host.Host,
            host.IncludesSubdomains,
            string.IsNullOrEmpty(fields.Reason) ? null : fields.Reason,
            now);
        var result = await store.AddAsync(added, actor, cancellationToken);
        if (result.Stored is null)
        {
            return (null, Refusal.OfField(
                "host",
                $"The database has {IBlockStore.MaxBlocks} blocks, and cannot have more; use Blocks:File."));
        }

        await loader.ReadAsync(cancellationToken);
        return (result, null);
    }

    /// <summary>
    /// Removes a block. When the task has completed, this server allows the host, unless another block
    /// includes it.
    /// </summary>
    /// <param name="text">The host or the pattern as the client sent it.</param>
    /// <param name="actor">Who removes the block.</param>
    /// <param name="cancellationToken">Cancels the wait; the block may still be removed.</param>
    /// <returns>False if the host has no block of its own in the database.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the block was removed.</exception>
    public async Task<bool> RemoveAsync(string text, Actor actor, CancellationToken cancellationToken)
    {
        if (!BlockedHost.TryParse(text, out var host, out _)
            || !await store.RemoveAsync(host.Host, actor, cancellationToken))
        {
            return false;
        }

        await loader.ReadAsync(cancellationToken);
        return true;
    }

    /// <summary>Finds the block that a client names; null if there is none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public async Task<Block?> FindAsync(string text, CancellationToken cancellationToken) =>
        BlockedHost.TryParse(text, out var host, out _)
            ? await store.FindAsync(host.Host, cancellationToken)
            : null;
}
