using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Moves;

/// <summary>
/// The database to which a move copies. No server can use it before <see cref="CompleteAsync"/>. Not safe for
/// use by several threads.
/// </summary>
internal interface IMoveTarget : IAsyncDisposable
{
    /// <summary>What the database is, for messages.</summary>
    string Description { get; }

    /// <summary>Creates what the move needs in an empty database, or finds what it has stored.</summary>
    /// <param name="source">The description of the other database.</param>
    /// <param name="id">The id of the move.</param>
    /// <returns>Whether the move is complete.</returns>
    /// <exception cref="StartupException">
    /// The database has data that is not of this move, or another process moves data into it.
    /// </exception>
    Task<bool> BeginAsync(string source, string id);

    /// <summary>The tables of days that the move has created.</summary>
    Task<IReadOnlyList<DateOnly>> FindDaysAsync();

    /// <summary>Creates the table of a day of visits, if it is missing.</summary>
    Task CreateDayAsync(DateOnly day);

    /// <summary>Drops the table of a day whose visits have expired in the source.</summary>
    Task DropDayAsync(DateOnly day);

    /// <summary>Returns how far a table is copied.</summary>
    Task<CopyProgress> ReadProgressAsync(MovedTable table);

    /// <summary>
    /// Inserts new rows, and stores how far the table is copied, in one transaction. A row whose unique
    /// values exist already is skipped: its change is recorded, and follows.
    /// </summary>
    Task InsertAsync(MovedTable table, IReadOnlyList<object?[]> rows, CopyProgress progress);

    /// <summary>Replaces the rows of some keys in one transaction.</summary>
    Task ReplaceAsync(MovedTable table, ChangedRows changed);

    /// <summary>Sums the rows of some keys.</summary>
    Task<TableSum> SumAsync(MovedTable table, IReadOnlyList<object?[]> keys);

    /// <summary>Sums all rows of a table.</summary>
    Task<TableSum> SumAsync(MovedTable table);

    /// <summary>Updates the statistics of the database, after most rows are copied.</summary>
    Task AnalyzeAsync();

    /// <summary>
    /// Makes the database ready for servers: sets the state, ends the reservations of nodes, and removes
    /// what belongs to the move.
    /// </summary>
    /// <param name="state">The state of the source.</param>
    /// <param name="nodes">The rows of nodes.</param>
    /// <param name="now">The present time.</param>
    Task CompleteAsync(MovedState state, IReadOnlyList<NodeRow> nodes, DateTimeOffset now);
}

/// <param name="Position">The position of the last copied row; null before the first.</param>
/// <param name="Rows">How many rows are copied.</param>
/// <param name="IsDone">Whether the whole table is copied.</param>
internal sealed record CopyProgress(string? Position, long Rows, bool IsDone)
{
    public static readonly CopyProgress None = new(null, 0, IsDone: false);
}
