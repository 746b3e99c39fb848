namespace Terse.Links;

/// <summary>Receives the blocked hosts whenever they have changed.</summary>
internal interface IBlockListener
{
    /// <param name="blocks">The new blocks, which <see cref="BlockMap.Current"/> returns already.</param>
    void OnBlocksChanged(BlockTables blocks);
}

/// <summary>
/// Contains the blocked hosts that this server knows. <see cref="BlockLoader"/> reads them from the database,
/// and <see cref="BlockFileWatcher"/> from the file of the operator. Safe for use by any number of threads.
/// </summary>
internal sealed class BlockMap(IBlockListener listener)
{
    private readonly Lock _publishing = new();
    private BlockTables _current = BlockTables.Empty;

    /// <summary>The blocked hosts at this moment.</summary>
    public BlockTables Current => Volatile.Read(ref _current);

    /// <summary>
    /// Replaces the blocks of the database. Returns when no cached link leads to one of them any more.
    /// </summary>
    public void SetStored(BlockTable stored) => Publish(stored, ofFile: null);

    /// <summary>
    /// Replaces the blocks of the file. Returns when no cached link leads to one of them any more.
    /// </summary>
    public void SetOfFile(BlockTable ofFile) => Publish(stored: null, ofFile);

    private void Publish(BlockTable? stored, BlockTable? ofFile)
    {
        lock (_publishing)
        {
            var changed = new BlockTables(stored ?? _current.Stored, ofFile ?? _current.OfFile);
            Volatile.Write(ref _current, changed);
            listener.OnBlocksChanged(changed);
        }
    }
}
