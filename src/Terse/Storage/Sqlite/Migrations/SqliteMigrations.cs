using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Migrates a database to the schema of this version of Terse: runs each new file Migrations/NNNN-….sql in
/// order, all in one transaction. The database stores the number of the last migration as its
/// <c>user_version</c>.
/// </summary>
internal static class SqliteMigrations
{
    /// <summary>
    /// The ASCII codes of "Ters". Every Terse database has this number as its <c>PRAGMA application_id</c>.
    /// </summary>
    private const long ApplicationId = 0x54657273;

    /// <summary>The folder of the files.</summary>
    private const string Store = "Sqlite";

    /// <summary>Checks that this version of Terse may migrate the file. Does not change the file.</summary>
    /// <exception cref="StartupException">
    /// The file belongs to a different program, or a later version of Terse has migrated the file.
    /// </exception>
    public static void AssertIsOurs(SqliteSession session, string path)
    {
        if (Number(session, "PRAGMA application_id") != ApplicationId
            && Number(session, "SELECT count(*) FROM sqlite_schema") > 0)
        {
            throw new StartupException(
                $"{path} belongs to another program; set another folder with --data.");
        }

        var (version, known) = (Number(session, "PRAGMA user_version"), MigrationFiles.Count(Store));
        if (version > known)
        {
            throw new StartupException(
                $"{path} has schema {version}, but Terse {Server.Version} supports schemas up to {known}. "
                + "Start the version of Terse that wrote the file, or a later version.");
        }
    }

    /// <exception cref="StartupException">The file has the schema of an earlier version of Terse.</exception>
    public static void AssertIsCurrent(SqliteSession session, string path)
    {
        if (Number(session, "PRAGMA user_version") < MigrationFiles.Count(Store))
        {
            throw new StartupException(
                $"{path} has the schema of an earlier version; start 'terse serve' of this version once to "
                + "migrate it.");
        }
    }

    public static void Apply(SqliteSession session)
    {
        if (Number(session, "PRAGMA user_version") == MigrationFiles.Count(Store))
            return;
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

    private const string SelectTables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'";

    /// <summary>Finds out what <see cref="Apply"/> would do.</summary>
    public static MigrationPlan Plan(SqliteSession session)
    {
        var tables = new List<string>();
        using (var row = session.Command(SelectTables).ExecuteReader())
        {
            while (row.Read())
                tables.Add(row.GetString(0));
        }

        return MigrationPlan.Of(
            (int)Number(session, "PRAGMA user_version"),
            MigrationFiles.Load(Store),
            tables.ToDictionary(
                table => table,
                table => Number(session, $"SELECT count(*) FROM \"{table}\""),
                StringComparer.Ordinal));
    }

    private static List<string> Load() => MigrationFiles.Load(Store).ConvertAll(file => file.Text);

    private static long Number(SqliteSession session, string sql) =>
        (long)session.Command(sql).ExecuteScalar()!;
}
