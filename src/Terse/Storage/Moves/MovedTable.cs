using Terse.Visits;

namespace Terse.Storage.Moves;

/// <summary>A table that a move copies.</summary>
/// <param name="Name">The name of the table, which is the same in both databases.</param>
/// <param name="KeyLength">How many of the first columns identify a row.</param>
/// <param name="Columns">The columns that both databases have.</param>
internal sealed record MovedTable(string Name, int KeyLength, IReadOnlyList<MovedColumn> Columns)
{
    public IEnumerable<MovedColumn> Key => Columns.Take(KeyLength);

    /// <summary>
    /// The columns by which SQLite reads the table fastest; null for those of the key.
    /// </summary>
    public IReadOnlyList<string>? SqliteOrder { get; init; }

    /// <summary>
    /// The day whose visits the table contains; null for other tables. SQLite combines the columns
    /// <c>at</c> and <c>number</c> in one, which <c>SqliteVisitPartitions</c> explains.
    /// </summary>
    public DateOnly? Day { get; init; }

    /// <summary>A column that only PostgreSQL has, and the column from which it gets its value.</summary>
    public (string Name, string From)? PostgresOnly { get; init; }

    public static MovedTable OfDay(DateOnly day) =>
        MovedTables.Visits with { Name = VisitPartition.TableName(day), Day = day };
}
