using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A lock on the folder of a database. Servers and commands that write share the lock, and a restore holds it
/// alone, so that no process has the database open while the restore replaces the file. SQLite's own locks
/// are in the file, and say nothing when the file is replaced or missing.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const string FileName = "terse.db.lock";

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock together with other servers and commands.</summary>
    /// <exception cref="StartupException">A restore is replacing the database.</exception>
    public static FolderLock Share(string folder) => TryTake(folder, FileShare.ReadWrite)
        ?? throw new StartupException($"A restore replaces the database in {folder}; start again after it.");

    /// <summary>Takes the lock alone.</summary>
    /// <exception cref="StartupException">A server or a command uses the database.</exception>
    public static FolderLock TakeAlone(string folder) => TryTake(folder, FileShare.None)
        ?? throw new StartupException($"A server uses the database in {folder}; stop the server first.");

    public void Dispose() => _file.Dispose();

    /// <summary>.NET implements the share of a file as an advisory lock (flock) on Linux.</summary>
    private static FolderLock? TryTake(string folder, FileShare share)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            OwnFiles.CreateFile(path);
            return new(new FileStream(path, FileMode.Open, FileAccess.ReadWrite, share));
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            return null;
        }
    }

    /// <summary>Whether another process has the lock: EWOULDBLOCK, on Windows a sharing violation.</summary>
    private static bool IsHeld(IOException exception) =>
        exception.GetType() == typeof(IOException) && exception.HResult is 11 or unchecked((int)0x80070020);
}
