using Microsoft.Data.Sqlite;
using Terse.Hosting;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to the program (https://sqlite.org/rescode.html).</summary>
internal static class SqliteErrors
{
    /// <summary>
    /// Says in words what is lost, or null when the error is none of the infrastructure's but a bug.
    /// </summary>
    public static string? Describe(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SQLITE_BUSY or SQLITE_LOCKED or SQLITE_PROTOCOL =>
            "Another program holds the links' database locked.",
        SQLITE_FULL => "The disk of the links' database is full.",
        SQLITE_READONLY or SQLITE_PERM or SQLITE_AUTH => "The links' database is not writable.",
        SQLITE_CANTOPEN => "The links' database cannot be opened.",
        SQLITE_IOERR => "The disk of the links' database reports an error.",
        SQLITE_NOMEM => "There is no memory left for the links' database.",
        SQLITE_CORRUPT or SQLITE_NOTADB => "The links' database is damaged; restore it from a backup.",
        _ => null,
    };

    /// <summary>The exception that a store throws in place of the driver's.</summary>
    public static Exception Translate(Exception exception) =>
        exception is SqliteException sqlite && Describe(sqlite) is { } description
            ? new StoreUnavailableException(description, exception)
            : exception;
}
