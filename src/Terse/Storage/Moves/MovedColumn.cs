namespace Terse.Storage.Moves;

/// <summary>A column of a moved table.</summary>
/// <param name="Name">The name of the column in PostgreSQL.</param>
/// <param name="Kind">How the two databases store its values.</param>
internal sealed record MovedColumn(string Name, ColumnKind Kind)
{
    /// <summary>The name of the column in SQLite; <see cref="Name"/> unless it differs.</summary>
    public string SqliteName { get; init; } = Name;
}

/// <summary>
/// How the databases store the values of a column. A move reads every value in the form of SQLite, which is
/// the coarser one: an integer (<see cref="long"/>), a text, bytes, or null.
/// </summary>
internal enum ColumnKind
{
    /// <summary>An integer in both databases.</summary>
    Number,

    /// <summary>A text in both databases. PostgreSQL has no character U+0000; it becomes U+FFFD.</summary>
    Text,

    /// <summary>Bytes in both databases.</summary>
    Bytes,

    /// <summary>0 or 1 in SQLite, and a boolean in PostgreSQL.</summary>
    Flag,

    /// <summary>
    /// Milliseconds since 1970 in SQLite, and an instant in PostgreSQL. A move to SQLite rounds it down.
    /// </summary>
    Milliseconds,

    /// <summary>As <see cref="Milliseconds"/>, but exact: microseconds since 1970.</summary>
    Microseconds,

    /// <summary>As <see cref="Milliseconds"/>, but seconds since 1970.</summary>
    Seconds,

    /// <summary>As <see cref="Milliseconds"/>, but hours since 1970.</summary>
    Hours,

    /// <summary>Milliseconds in SQLite, and an interval in PostgreSQL.</summary>
    Duration,

    /// <summary>16 bytes in SQLite, in the order of the text form, and a uuid in PostgreSQL.</summary>
    Uuid,

    /// <summary>A text with JSON in SQLite, and jsonb in PostgreSQL.</summary>
    Json,
}
