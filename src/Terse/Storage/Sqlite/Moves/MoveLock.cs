using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A lock on the SQLite database of a folder, which one move at a time holds. It belongs to the process, so
/// it ends with it. Servers do not use it.
/// </summary>
internal sealed class MoveLock : IDisposable
{
    private readonly FileStream _file;

    private MoveLock(FileStream file) => _file = file;

    /// <exception cref="StartupException">Another process moves the database.</exception>
    public static MoveLock Take(string folder)
    {
        var path = Path.Combine(folder, "terse.db.move.lock");
        OwnFiles.CreateFile(path);
        try
        {
            return new(new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException))
        {
            throw new StartupException(MoveTexts.IsBusy($"the database in {folder}"), exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
