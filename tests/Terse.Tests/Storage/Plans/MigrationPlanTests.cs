using Microsoft.Data.Sqlite;
using Terse.Commands;
using Terse.Storage;

namespace Terse.Tests.Storage;

public sealed class MigrationPlanTests
{
    private const int Rows = 10_000_000;

    [Theory]
    [InlineData("ALTER TABLE link ADD COLUMN a text", "link", "ACCESS EXCLUSIVE", StepWork.Catalog)]
    [InlineData("ALTER TABLE link ALTER a SET NOT NULL", "link", "ACCESS EXCLUSIVE", StepWork.Read)]
    [InlineData("CREATE UNIQUE INDEX i ON link (a)", "link", "SHARE", StepWork.Index)]
    [InlineData("CREATE TRIGGER t AFTER UPDATE ON link FOR EACH ROW EXECUTE FUNCTION f()", "link",
        "SHARE ROW EXCLUSIVE", StepWork.Catalog)]
    [InlineData("UPDATE link SET a = 1", "link", "ROW EXCLUSIVE", StepWork.Write)]
    [InlineData("DELETE FROM ONLY link", "link", "ROW EXCLUSIVE", StepWork.Write)]
    [InlineData("LOCK TABLE link IN SHARE MODE", "link", "SHARE", StepWork.Catalog)]
    [InlineData("DROP TABLE IF EXISTS link", "link", "ACCESS EXCLUSIVE", StepWork.Catalog)]
    [InlineData("CREATE TABLE link (a int)", null, null, StepWork.Catalog)]
    [InlineData("SET LOCAL lock_timeout = '1s'", null, null, StepWork.Catalog)]
    [InlineData("SELECT audit_upkeep()", null, null, StepWork.Unknown)]
    public void A_step_names_its_table_and_lock(string statement, string? table, string? held, object work)
    {
        var step = PlannedStep.Of(statement);
        Assert.Equal((table, held, (StepWork)work), (step.Table, step.Lock, step.Work));
    }

    [Fact]
    public void Statements_end_at_semicolons_outside_of_texts_comments_and_bodies() => Assert.Equal(
        [
            "SELECT 'a;b''c;'",
            "CREATE FUNCTION f() AS $$ BEGIN; END; $$",
            "CREATE TRIGGER t INSERT ON a BEGIN UPDATE b SET c = CASE 1 WHEN 1 THEN 2 END; ANALYZE; END",
            "SELECT 2",
        ],
        SqlStatements.Split(
            """
            SELECT 'a;b''c;'; -- a comment; with 'a quote
            CREATE FUNCTION f() AS $$ BEGIN; END; $$;
            CREATE TRIGGER t INSERT ON a
            BEGIN
                UPDATE b SET c = CASE 1 WHEN 1 THEN 2 END; -- one; two
                ANALYZE;
            END;
            SELECT 2
            """));

    [Fact]
    public void The_statements_of_all_migrations_of_SQLite_make_the_same_schema_as_the_files()
    {
        using var whole = Open();
        using var split = Open();
        foreach (var (_, text) in MigrationFiles.Load("Sqlite"))
        {
            Execute(whole, text);
            foreach (var statement in SqlStatements.Split(text))
                Execute(split, statement);
        }

        var objects = Objects(whole);
        Assert.InRange(objects.Count, 50, int.MaxValue);
        Assert.Equal(objects, Objects(split));
    }

    [Fact]
    public void A_plan_shows_each_missing_migration_with_the_tables_that_exist_and_an_estimate()
    {
        (string, string)[] files =
        [
            ("0001-old.sql", "CREATE TABLE link (a int)"),
            ("0002-new.sql", "CREATE TABLE b (a int); INSERT INTO b VALUES (1); CREATE INDEX i ON link (a);"),
        ];
        var rows = new Dictionary<string, long>(StringComparer.Ordinal) { ["link"] = Rows };
        var plan = MigrationPlan.Of(1, files, rows);

        Assert.Equal(
            """
            The schema has version 1; this version of Terse makes it 2.
            All statements run in one transaction, which holds all locks until its end.

            0002-new.sql: 2 statements that lock no existing table, and these:
              CREATE INDEX i ON link (a)
                  link, 10,000,000 rows: lock SHARE, which blocks writes; about 33 s

            Nothing was changed. Estimates are orders of magnitude.

            """,
            MigrationPlanText.Of(plan));
        Assert.Equal(
            "The schema is up to date: version 2.\n", MigrationPlanText.Of(MigrationPlan.Of(2, files, rows)));
    }

    private static SqliteConnection Open()
    {
        var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The SQL text is a migration of Terse.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static List<string> Objects(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT type || ' ' || name FROM sqlite_schema ORDER BY type, name";
        using var row = command.ExecuteReader();
        var objects = new List<string>();
        while (row.Read())
            objects.Add(row.GetString(0));
        return objects;
    }
}
