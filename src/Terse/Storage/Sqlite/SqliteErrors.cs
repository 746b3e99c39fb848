using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Storage.Moves;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Translates SQLite's result codes (https://sqlite.org/rescode.html) into messages and exceptions.
/// </summary>
internal static class SqliteErrors
{
    public const string FileMissing = "The database file is missing; restore it from a backup.";

    /// <summary>
    /// Describes an error of the infrastructure, such as a full disk. Returns null for any other error,
    /// because that error is a bug in Terse.
    /// </summary>
    public static string? Describe(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SQLITE_CONSTRAINT when IsMoved(exception) => MoveTexts.Refusal,
        SQLITE_BUSY or SQLITE_LOCKED or SQLITE_PROTOCOL =>
            "Another program has locked the database; retry shortly.",
        SQLITE_FULL => "The disk of the database is full; free some space.",
        SQLITE_READONLY or SQLITE_PERM or SQLITE_AUTH =>
            "The database file is not writable; check its permissions.",
        SQLITE_CANTOPEN => "The database file cannot be opened; check that it exists and its permissions.",
        SQLITE_IOERR => "The disk of the database reports an error; check the disk.",
        SQLITE_NOMEM => "The server has no memory left for the database.",
        SQLITE_CORRUPT or SQLITE_NOTADB => "The database file is damaged; restore it from a backup.",
        _ => null,
    };

    /// <summary>The error of the triggers that refuse all writes after a move.</summary>
    public const string Moved = "The links have moved to another database.";

    /// <summary>
    /// Whether a trigger has refused a write because the links have moved to another database.
    /// </summary>
    public static bool IsMoved(SqliteException exception) =>
        exception.SqliteExtendedErrorCode == SQLITE_CONSTRAINT_TRIGGER
        && exception.Message.Contains(Moved, StringComparison.Ordinal);

    /// <summary>
    /// Returns a <see cref="StoreUnavailableException"/> if the infrastructure failed; otherwise returns the
    /// same exception.
    /// </summary>
    public static Exception Translate(Exception exception) =>
        exception is SqliteException sqlite && Describe(sqlite) is { } description
            ? new StoreUnavailableException(description, exception)
            : exception;
}
