using Terse.Hosting;

namespace Terse.Storage.Moves;

/// <summary>
/// The database from which a move copies. Servers go on writing to it until <see cref="LockAsync"/>. Triggers
/// record which rows change meanwhile, so that nothing is missed, whatever a table is like. Not safe for use
/// by several threads.
/// </summary>
internal interface IMoveSource : IAsyncDisposable
{
    /// <summary>What the database is, for messages.</summary>
    string Description { get; }

    /// <summary>Begins a move, or finds the move that has begun.</summary>
    /// <param name="target">The description of the other database.</param>
    /// <param name="newId">The id of the move, if it begins now.</param>
    /// <exception cref="StartupException">
    /// Another process moves the database, its schema has another version, or it is the unfinished target of
    /// a move.
    /// </exception>
    Task<MoveMark> BeginAsync(string target, string newId);

    /// <summary>Ends a move that has not closed the database. Nothing remains of the move.</summary>
    /// <exception cref="StartupException">There is no move, or the database is closed.</exception>
    Task CancelAsync();

    /// <summary>Returns the tables to move. The tables of the days of visits come and go.</summary>
    Task<IReadOnlyList<MovedTable>> FindTablesAsync();

    /// <summary>Starts to record which rows of a table change.</summary>
    Task TrackAsync(MovedTable table);

    /// <summary>
    /// Reads the next rows in the order of a key. <paramref name="position"/> is the
    /// <see cref="MovedRows.Position"/> of the rows before; null for the first rows.
    /// </summary>
    Task<MovedRows> ReadAsync(MovedTable table, string? position, int limit);

    /// <summary>How many rows a table has, perhaps as an estimate.</summary>
    Task<long> CountAsync(MovedTable table);

    /// <summary>
    /// Begins to read one instant of the database, until <see cref="ReleaseAsync"/>. Meanwhile, servers
    /// write.
    /// </summary>
    Task OpenSnapshotAsync();

    /// <summary>
    /// Begins to read one instant of the database, until <see cref="ReleaseAsync"/> or
    /// <see cref="CloseAsync"/>. Meanwhile, no other process can write.
    /// </summary>
    /// <exception cref="StartupException">Other processes keep the database locked.</exception>
    Task LockAsync(IReadOnlyList<MovedTable> tables);

    /// <summary>
    /// Says which work that servers have begun and will end soon prevents the end of the move; null if none.
    /// </summary>
    Task<string?> WhyBusyAsync();

    /// <summary>Reads the rows that have changed, from a number of the record of changes on.</summary>
    Task<ChangedRows> ReadChangesAsync(MovedTable table, long after, int limit);

    /// <summary>Forgets changes, after the target has stored them.</summary>
    Task ForgetAsync(MovedTable table, IReadOnlyList<long> numbers);

    /// <summary>Sums all rows of a table, in the instant of the snapshot or lock.</summary>
    Task<TableSum> SumAsync(MovedTable table);

    Task<MovedState> ReadStateAsync();

    /// <summary>Ends the snapshot or the lock.</summary>
    Task ReleaseAsync();

    /// <summary>
    /// Closes the locked database: from this commit on, it refuses every write, until someone removes the
    /// triggers.
    /// </summary>
    Task CloseAsync(IReadOnlyList<MovedTable> tables);
}

/// <param name="Id">A random id, by which both databases know the move.</param>
/// <param name="IsClosed">Whether the database is closed already.</param>
internal sealed record MoveMark(string Id, bool IsClosed);

/// <summary>Rows in the order of a key.</summary>
/// <param name="Rows">The values of each row, in the form of <see cref="ColumnKind"/>.</param>
/// <param name="Position">
/// The key of the last row, in a form that only its database reads; null without rows.
/// </param>
internal sealed record MovedRows(IReadOnlyList<object?[]> Rows, string? Position);

/// <summary>Rows that have changed.</summary>
/// <param name="Numbers">The numbers of the changes; empty when there are no more.</param>
/// <param name="Keys">The keys of the changed rows; a key may occur several times.</param>
/// <param name="Rows">What the rows are now. A deleted row is missing.</param>
internal sealed record ChangedRows(
    IReadOnlyList<long> Numbers, IReadOnlyList<object?[]> Keys, IReadOnlyList<object?[]> Rows);

/// <summary>What a move copies from tables with a single row, and from the counters.</summary>
/// <param name="SecretCheck">The check value of the secret of opaque codes.</param>
/// <param name="CursorSecret">The secret that hides positions of listings, as 16 bytes of a uuid.</param>
/// <param name="Sequences">The values of <see cref="MovedTables.Sequences"/>; 0 before the first.</param>
/// <param name="LastLink">The greatest id of a link or alias; null without links.</param>
/// <param name="Events">How far the log of events is.</param>
internal sealed record MovedState(
    string? SecretCheck,
    Guid CursorSecret,
    IReadOnlyList<long> Sequences,
    long? LastLink,
    MovedEvents Events);

/// <param name="ReadUpTo">
/// Up to when a reader may have read events, in microseconds since 1970. Events of the new database are
/// later.
/// </param>
/// <param name="ExpiredUpTo">
/// Up to which expiry there are events about expired links, in milliseconds since 1970.
/// </param>
/// <param name="LastExpired">The last link with an event, of those that expire at that time.</param>
internal sealed record MovedEvents(long ReadUpTo, long ExpiredUpTo, long LastExpired);
