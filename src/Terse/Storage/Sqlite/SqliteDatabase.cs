using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Sqlite;

/// <summary>
/// The SQLite database file. The constructor creates the file if it does not exist, and migrates it to the
/// schema of this version of Terse. One connection writes (<see cref="SqliteWriter"/>), and any number of
/// connections read (<see cref="SqliteReaders"/>). In WAL mode, readers and the writer do not wait for each
/// other.
/// </summary>
internal sealed class SqliteDatabase
{
    private const string BusyTimeout = "PRAGMA busy_timeout = 1000;";

    /// <summary>
    /// With <c>synchronous = FULL</c>, a commit returns when the write-ahead log is on disk, so an
    /// acknowledged write survives a power cut. The page cache (32 MiB) has room for all pages that one
    /// transaction of visits changes. If a page did not fit into the cache, SQLite would write that page to
    /// the log twice.
    /// </summary>
    private const string WriterPragmas =
        """
        PRAGMA busy_timeout = 1000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -32768;
        """;

    /// <summary>
    /// The page cache (4 MiB) has room for all inner pages of the index on links, up to ten million links.
    /// </summary>
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
            OwnFiles.CreateFolder(options.Value.Folder);
            using var shared = FolderLock.Share(options.Value.Folder);
            SqliteMoveMark.AssertIsFinished(Path);
            OwnFiles.CreateFile(Path); // SQLite gives its other files the mode of this one.
            using var session = new SqliteSession(Path, SqliteOpenMode.ReadWriteCreate, BusyTimeout);
            SqliteMigrations.AssertIsOurs(session, Path);
            SqliteMoveMark.AssertIsOpen(session, Path);
            session.Execute(WriterPragmas);
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

    /// <summary>Keeps a restore away while this process uses the file.</summary>
    public FolderLock Share() => FolderLock.Share(System.IO.Path.GetDirectoryName(Path)!);

    public static string PathIn(string folder) => System.IO.Path.Combine(folder, "terse.db");

    /// <summary>Says that there is no file yet; null if there is one.</summary>
    public static string? WhyMissing(StorageOptions options) => File.Exists(PathIn(options))
        ? null
        : $"There is no database {PathIn(options)}; set its folder with --data.";

    /// <summary>Reads the id layouts of an existing database. Does not change the file.</summary>
    /// <exception cref="StartupException">
    /// The file does not exist, or its schema belongs to a different version.
    /// </exception>
    public static StoredLayouts ReadLayouts(StorageOptions options) => Read(options, (session, path) =>
    {
        SqliteMigrations.AssertIsCurrent(session, path);
        return SqliteLayoutTable.Read(session);
    });

    /// <summary>Reads an existing database of any schema up to this version's. Does not change it.</summary>
    /// <exception cref="StartupException">
    /// The file does not exist, or belongs to a later version or to another program.
    /// </exception>
    public static T Read<T>(StorageOptions options, Func<SqliteSession, string, T> read)
    {
        var path = PathIn(options);
        if (WhyMissing(options) is { } missing)
            throw new StartupException(missing);
        try
        {
            using var session = new SqliteSession(path, SqliteOpenMode.ReadOnly, ReaderPragmas);
            SqliteMigrations.AssertIsOurs(session, path);
            return read(session, path);
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

    private static string PathIn(StorageOptions options) => PathIn(options.Folder);
}
