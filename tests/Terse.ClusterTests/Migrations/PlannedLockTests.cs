using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>Compares what <c>terse migrate --plan</c> shows with what PostgreSQL does.</summary>
public sealed class PlannedLockTests(TestDatabases databases)
{
    /// <summary>The locks that block reads or writes of others, from the weakest to the strongest.</summary>
    private static readonly string[] Blocking =
        ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"];

    [Fact]
    public async Task A_plan_names_the_tables_and_the_locks_that_each_migration_takes_in_PostgreSQL()
    {
        var files = PostgresMigrations.LoadFiles();
        for (var version = 1; version < files.Count; version++)
        {
            await using var database = await databases.OpenAsync(
                [.. files.Take(version).Select(file => file.Text)]);
            var plan = await PostgresMigrationPlan.ReadAsync(database.Cluster, default);
            Assert.Equal((version, files.Count), (plan.Schema, plan.Target));
            Assert.Equal(files.Count - version, plan.Migrations.Count);
            var next = plan.Migrations[0];
            Assert.Equal(files[version].Name, next.Name);

            var taken = await ReadLocksAsync(database.Cluster, files[version].Text);
            var planned = next.Steps.Where(found => found.Step.Table is not null)
                .GroupBy(found => found.Step.Table!, StringComparer.Ordinal)
                .Select(group => (Table: group.Key, Lock: Strongest(group.Select(found => found.Step.Lock!))))
                .Where(found => found.Lock is not null)
                .Select(found => $"{next.Name}: {found.Table} {found.Lock}");
            Assert.Equal(
                taken.Select(found => $"{next.Name}: {found}").Order(StringComparer.Ordinal),
                planned.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_command_shows_the_missing_migration_and_changes_nothing()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        string[] settings = [.. PostgresCluster.SettingsOf(postgres.ConnectionStrings)];
        await using (await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load()[..^1]))
        {
            // Disposal closes the connections of the migration.
        }

        const string ReadVersion = "SELECT version::bigint FROM schema_version";
        var before = await postgres.Primary.ReadAsync(ReadVersion);
        var planned = await Command.TerseAsync(["migrate", "--plan", .. settings]);
        Assert.Equal((0, ""), (planned.ExitCode, planned.Errors));
        Assert.Contains(PostgresMigrations.LoadFiles()[^1].Name, planned.Output, StringComparison.Ordinal);
        Assert.Equal(before, await postgres.Primary.ReadAsync(ReadVersion));

        Assert.Equal(0, (await Command.TerseAsync(["migrate", .. settings])).ExitCode);
        var done = await Command.TerseAsync(["migrate", "--plan", .. settings]);
        Assert.Contains("is up to date", done.Output, StringComparison.Ordinal);
    }

    private const string SelectLocks =
        """
        SELECT c.relname,
            upper(regexp_replace(regexp_replace(l.mode, 'Lock$', ''), '(.)([A-Z])', '\1 \2', 'g'))
        FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND c.relname = ANY ($1)
        """;

    /// <summary>
    /// Runs a migration, and rolls it back. Returns the strongest blocking lock on each table that existed
    /// before.
    /// </summary>
    private static async Task<IReadOnlyList<string>> ReadLocksAsync(Cluster cluster, string migration)
    {
        var locks = new List<(string Table, string Lock)>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.WriteAsync<int, int>(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                var tables = new List<string>();
                await using (var select = write.CreateCommand(
                    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') "
                    + "AND relnamespace = 'public'::regnamespace"))
                {
                    await using var row = await select.ExecuteReaderAsync(token);
                    while (await row.ReadAsync(token))
                        tables.Add(row.GetString(0));
                }

                await using (var migrating = write.CreateCommand(migration))
                    await migrating.ExecuteNonQueryAsync(token);
                await using (var select = write.CreateCommand(SelectLocks))
                {
                    select.Parameters.Add(new NpgsqlParameter { Value = tables.ToArray() });
                    await using var row = await select.ExecuteReaderAsync(token);
                    while (await row.ReadAsync(token))
                        locks.Add((row.GetString(0), row.GetString(1)));
                }

                throw new InvalidOperationException("Roll back.");
            },
            default));
        return
        [
            .. from held in locks
               group held.Lock by held.Table into table
               let strongest = Strongest(table)
               where strongest is not null
               select $"{table.Key} {strongest}",
        ];
    }

    private static string? Strongest(IEnumerable<string> locks) =>
        locks.Where(held => Blocking.Contains(held, StringComparer.Ordinal))
            .MaxBy(held => Array.IndexOf(Blocking, held));
}
