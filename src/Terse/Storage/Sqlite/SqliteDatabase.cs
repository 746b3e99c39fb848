using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Sqlite;

/// <summary>
/// The file that holds the links, ready for use: made where it did not exist, and brought to this version's
/// schema. One connection writes (<see cref="SqliteWriter"/>), any number read (<see cref="SqliteReaders"/>);
/// in WAL mode neither waits for the other.
/// </summary>
internal sealed class SqliteDatabase
{
    /// <summary>
    /// FULL: a commit returns when the log is on disk, so what is acknowledged survives a power cut. The
    /// pages (KiB) have room for all that a transaction of visits changes; else they go to the disk twice.
    /// </summary>
    private const string WriterPragmas =
        """
        PRAGMA busy_timeout = 1000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -32768;
        """;

    /// <summary>Pages (KiB) with room for the inner nodes of ten million links.</summary>
    private const string ReaderPragmas =
        """
        PRAGMA busy_timeout = 1000;
        PRAGMA query_only = ON;
        PRAGMA cache_size = -4096;
        """;

    /// <exception cref="StartupException">The file cannot be used; the message says why.</exception>
    public SqliteDatabase(IOptions<StorageOptions> options)
    {
        Path = PathIn(options.Value);
        try
        {
            Directory.CreateDirectory(options.Value.Folder);
            using (var session = new SqliteSession(Path, SqliteOpenMode.ReadWriteCreate, ReaderPragmas))
                SqliteMigrations.AssertIsOurs(session, Path);
            using (var session = OpenWriter())
                SqliteMigrations.Apply(session);
        }
        catch (SqliteException exception)
        {
            throw Translate(exception, Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Path}: {exception.Message}", exception);
        }
    }

    public string Path { get; }

    /// <summary>Looks into a database and changes nothing, for commands that make none.</summary>
    /// <exception cref="StartupException">There is no file, or not of this version's schema.</exception>
    public static StoredLayouts ReadLayouts(StorageOptions options)
    {
        var path = PathIn(options);
        if (!File.Exists(path))
            throw new StartupException($"There is no database {path}; name its folder with --data.");
        try
        {
            using var session = new SqliteSession(path, SqliteOpenMode.ReadOnly, ReaderPragmas);
            SqliteMigrations.AssertIsOurs(session, path);
            SqliteMigrations.AssertIsCurrent(session, path);
            return SqliteLayoutTable.Read(session);
        }
        catch (SqliteException exception)
        {
            throw Translate(exception, path);
        }
    }

    public SqliteSession OpenWriter() => new(Path, SqliteOpenMode.ReadWrite, WriterPragmas);

    public SqliteSession OpenReader() => new(Path, SqliteOpenMode.ReadWrite, ReaderPragmas);

    private static StartupException Translate(SqliteException exception, string path) =>
        new($"{path}: {SqliteErrors.Describe(exception) ?? exception.Message}", exception);

    private static string PathIn(StorageOptions options) =>
        System.IO.Path.Combine(options.Folder, "terse.db");
}
