using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Brings a database to this version's schema: Migrations/NNNN-….sql, in order, each once, all in one
/// transaction. The number of the last one is kept in the file's <c>user_version</c>.
/// </summary>
internal static class SqliteMigrations
{
    /// <summary>"Ters", which marks the file as Terse's own (<c>PRAGMA application_id</c>).</summary>
    private const long ApplicationId = 0x54657273;

    /// <summary>Looks whether the file may be written to, and changes nothing.</summary>
    /// <exception cref="StartupException">It is another program's, or a later version's.</exception>
    public static void AssertIsOurs(SqliteSession session, string path)
    {
        if (Number(session, "PRAGMA application_id") != ApplicationId
            && Number(session, "SELECT count(*) FROM sqlite_schema") > 0)
        {
            throw new StartupException(
                $"{path} belongs to another program; name another folder with --data.");
        }

        var (version, known) = (Number(session, "PRAGMA user_version"), Load().Count);
        if (version > known)
        {
            throw new StartupException(
                $"{path} has schema {version}, but Terse {Server.Version} knows only up to {known}. "
                + "Start the version of Terse that wrote it, or a later one.");
        }
    }

    /// <exception cref="StartupException">Its schema is an earlier version's.</exception>
    public static void AssertIsCurrent(SqliteSession session, string path)
    {
        if (Number(session, "PRAGMA user_version") < Load().Count)
        {
            throw new StartupException(
                $"{path} has the schema of an earlier version; 'terse serve' of this one brings it up to "
                + "date.");
        }
    }

    public static void Apply(SqliteSession session)
    {
        var migrations = Load();
        session.Execute("BEGIN IMMEDIATE");
        var version = Number(session, "PRAGMA user_version");
        foreach (var migration in migrations.Skip((int)version))
            session.Execute(migration);
        if (version < migrations.Count)
        {
            session.Execute(
                $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {migrations.Count}");
        }

        session.Execute("COMMIT");
    }

    private static List<string> Load() => MigrationFiles.Load("Sqlite");

    private static long Number(SqliteSession session, string sql) =>
        (long)session.Command(sql).ExecuteScalar()!;
}
