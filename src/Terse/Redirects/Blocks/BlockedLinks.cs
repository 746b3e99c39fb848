using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Removes the links from the cache that lead to a blocked host, whenever the blocked hosts have changed. A
/// blocked link is never cached, so a removed block needs no work here: the next request loads the link.
/// </summary>
/// <remarks>
/// After <see cref="OnBlocksChanged"/> has returned, the table contains no link that the new blocks block:
/// <list type="number">
/// <item>The new blocks are current before this method takes the lock of the table. <see cref="LinkLoader"/>
/// reads the current blocks and adds a link in one step under the same lock. So each link that is added after
/// this method has held the lock is not blocked, even if its load began long before.</item>
/// <item>Each link that was added before is in the table when the walk through the table begins. The walk
/// finds it unless it is removed meanwhile (<see cref="LinkTable.All"/>).</item>
/// </list>
/// The walk holds no lock, so loads and redirects continue. It takes a quarter of a second for a million
/// links.
/// </remarks>
internal sealed class BlockedLinks(BoundedLinkTable table) : IBlockListener
{
    /// <inheritdoc/>
    public void OnBlocksChanged(BlockTables blocks)
    {
        int count;
        lock (table.WriteLock)
            count = table.Count;
        if (count == 0)
            return;
        foreach (var link in table.All)
        {
            if (link.IsBlockedBy(blocks))
                Remove(link);
        }
    }

    /// <summary>
    /// Removes a link, unless a newer copy has replaced it, which was checked when it was added.
    /// </summary>
    private void Remove(CachedLink link)
    {
        lock (table.WriteLock)
        {
            if (table.TryGet(link.HashedName, out var present) && present == link)
                table.Remove(link.HashedName);
        }
    }
}
