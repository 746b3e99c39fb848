using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Replaces the database of a folder by a backup. Everything is prepared in a file beside the database, whose
/// rename is the last step. If a step before fails, the database is unchanged.
/// </summary>
/// <remarks>
/// The backup does not know the ids that were minted after it. Their links are lost, but their codes were
/// published, and must never lead to another target. So no node mints an id before the present, nor before
/// the end of any reservation in the replaced database (<see cref="MoveReservations"/>).
/// </remarks>
internal static class SqliteRestore
{
    /// <summary>
    /// How far a server may have minted ids ahead of its clock: one second, and one second more because this
    /// process may have another clock.
    /// </summary>
    private static readonly TimeSpan MintLead = TimeSpan.FromSeconds(2);

    private const string Pragmas = "PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE;";

    /// <param name="backup">The backup.</param>
    /// <param name="folder">The folder of the database. It is created if it does not exist.</param>
    /// <param name="replaces">Whether to replace a database. The old one is kept beside the new one.</param>
    /// <param name="now">The present time.</param>
    /// <exception cref="StartupException">The message says why the database was not replaced.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the files.</exception>
    public static RestoreResult Run(string backup, string folder, bool replaces, DateTimeOffset now)
    {
        OwnFiles.CreateFolder(folder);
        using var alone = FolderLock.TakeAlone(folder);
        var path = SqliteDatabase.PathIn(folder);
        if (File.Exists(path) && !replaces)
        {
            throw new StartupException(
                $"{path} exists. Give another folder with --data, or --force to replace the database; it is "
                + "kept under another name.");
        }

        var restored = path + ".restored";
        try
        {
            var (oldEnd, note) = File.Exists(path) ? ReadOld(path, now) : (now, null);
            BackupFile.Extract(backup, restored);
            var contents = Prepare(restored, backup, Later(now, oldEnd) + MintLead);
            var kept = File.Exists(path) ? Keep(path, now) : null;
            File.Move(restored, path, overwrite: true);
            return new(contents, kept, note);
        }
        catch (SqliteException exception)
        {
            throw new StartupException(
                $"{backup}: {SqliteErrors.Describe(exception) ?? exception.Message}", exception);
        }
        finally
        {
            SqliteBackup.DeleteAll(restored);
        }
    }

    private static BackupContents Prepare(string restored, string backup, DateTimeOffset mintFrom)
    {
        using var session = BackupFile.Open(restored);
        session.Execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
        var contents = BackupFile.Check(session, backup);
        SqliteMigrations.Apply(session);
        MoveReservations(session, mintFrom);
        return contents;
    }

    private const string MoveReservation =
        """
        INSERT INTO node (id, owner, epoch, reserved_until) VALUES (?1, NULL, 1, ?2)
        ON CONFLICT (id) DO UPDATE SET
            owner = NULL, epoch = epoch + 1, reserved_until = max(reserved_until, excluded.reserved_until)
        """;

    /// <summary>
    /// Ends all reservations at an instant in the future: also those of nodes that the backup does not know,
    /// because a server may have reserved them first after it.
    /// </summary>
    private static void MoveReservations(SqliteSession session, DateTimeOffset mintFrom)
    {
        if (SqliteLayoutTable.Read(session).Layouts is not [.., var current])
            return; // No id was ever minted.
        session.Execute("BEGIN IMMEDIATE");
        for (var node = 0; node < current.Ids.NodeCount; node++)
        {
            session.Command(MoveReservation, (long)node, mintFrom.ToUnixTimeMilliseconds())
                .ExecuteNonQuery();
        }

        session.Execute("COMMIT");
    }

    /// <summary>
    /// Returns the end of the latest reservation in the database that is replaced. Also moves its write-ahead
    /// log into the file, so that the file can be copied.
    /// </summary>
    /// <exception cref="StartupException">Another process uses the database.</exception>
    private static (DateTimeOffset End, string? Note) ReadOld(string path, DateTimeOffset now)
    {
        try
        {
            using var session = new SqliteSession(path, SqliteOpenMode.ReadWrite, Pragmas);
            session.Execute("BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
            var end = session.Command("SELECT max(reserved_until) FROM node").ExecuteScalar() as long?;
            var read = end is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : now;
            return (read, null);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY)
        {
            throw new StartupException($"A process uses {path}; stop it first.", exception);
        }
        catch (SqliteException exception)
        {
            return (now, SqliteErrors.Describe(exception) ?? exception.Message);
        }
    }

    /// <summary>
    /// Copies the replaced database, so that there is a database at every instant: a server that found none
    /// would create an empty one.
    /// </summary>
    private static string Keep(string path, DateTimeOffset now)
    {
        var kept = path + now.ToString("'.before-'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        foreach (var ending in new[] { "", "-wal" })
        {
            if (File.Exists(path + ending))
                File.Copy(path + ending, kept + ending);
        }

        // The log belongs to the old database; SQLite must not apply it to the new one.
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
        return kept;
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) =>
        left > right ? left : right;
}

/// <summary>What a restore has done.</summary>
/// <param name="Contents">What the restored database contains.</param>
/// <param name="Kept">The file of the replaced database; null if there was none.</param>
/// <param name="OldProblem">Why the replaced database could not be read; null if it could.</param>
internal sealed record RestoreResult(BackupContents Contents, string? Kept, string? OldProblem);
