using Microsoft.Data.Sqlite;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Writes a backup of a database that servers may use meanwhile. The copy is one read transaction of SQLite's
/// backup API: it has exactly the commits of one instant, and delays no write. The backup gets its name only
/// when it is complete and checked. An error, such as a full disk, leaves no file behind.
/// </summary>
internal static class SqliteBackup
{
    /// <summary>The endings of the names of unfinished files.</summary>
    public const string CopyEnding = ".copy";
    public const string NewEnding = ".new";

    private const string Pragmas = "PRAGMA busy_timeout = 1000; PRAGMA query_only = ON;";

    /// <exception cref="StartupException">
    /// The database cannot be read, the disk is full, or the file exists.
    /// </exception>
    /// <exception cref="IOException">The backup cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the file.</exception>
    public static BackupContents Write(string database, string target)
    {
        if (File.Exists(target))
            throw new StartupException($"{target} exists; choose another name.");
        var (copy, unfinished) = (target + CopyEnding, target + NewEnding);
        try
        {
            OwnFiles.CreateFile(copy);
            var contents = Copy(database, copy);
            BackupFile.Compress(copy, unfinished);
            File.Move(unfinished, target);
            return contents;
        }
        catch (SqliteException exception)
        {
            throw new StartupException(
                $"{target}: {SqliteErrors.Describe(exception) ?? exception.Message}", exception);
        }
        finally
        {
            DeleteAll(copy);
            File.Delete(unfinished);
        }
    }

    /// <summary>Deletes a database file, and the files that SQLite keeps beside it.</summary>
    public static void DeleteAll(string database)
    {
        foreach (var ending in new[] { "", "-journal", "-wal", "-shm" })
            File.Delete(database + ending);
    }

    private static BackupContents Copy(string database, string copy)
    {
        using var target = BackupFile.Open(copy);
        using (var source = new SqliteSession(database, SqliteOpenMode.ReadWrite, Pragmas))
            source.CopyTo(target);

        // Without a write-ahead log, the copy is a single file.
        target.Execute("PRAGMA journal_mode = DELETE");
        return BackupFile.Check(target, database);
    }
}
