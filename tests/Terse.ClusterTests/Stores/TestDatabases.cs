using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Terse.Access;
using Terse.ClusterTests;
using Terse.Codes;
using Terse.Domains;
using Terse.Events;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Postgres;

[assembly: AssemblyFixture(typeof(TestDatabases))]

namespace Terse.ClusterTests;

/// <summary>
/// Starts one PostgreSQL server, which many tests share, and creates a new database for each test.
/// </summary>
public sealed class TestDatabases : IAsyncLifetime
{
    private PostgresCluster _postgres = null!;
    private int _databases;

    public async ValueTask InitializeAsync() => _postgres = await PostgresCluster.StartAsync(replicas: 0);

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    /// <summary>Creates a database with the current schema.</summary>
    internal Task<TestDatabase> OpenAsync() => OpenAsync(PostgresMigrations.Load());

    /// <summary>Creates a database with the schema before the latest migration.</summary>
    internal Task<TestDatabase> OpenEarlierAsync() => OpenAsync(PostgresMigrations.Load()[..^1]);

    /// <summary>
    /// Applies migrations to the database on one host, and returns a cluster that consists of only this host.
    /// </summary>
    internal static async Task<Cluster> MigrateAsync(string host, List<string> migrations)
    {
        var cluster = new Cluster(
            new ClusterOptions
            {
                Hosts = [new HostAddress("primary", host)],
                // Some tests hold a connection of this share while they read with another one.
                Connections = new ConnectionLimits { Nodes = 4 },
            },
            TimeProvider.System);
        await cluster.StartAsync();
        Assert.Null(await PostgresMigrations.TryApplyAsync(
            cluster, migrations, TimeProvider.System, default));
        return cluster;
    }

    /// <summary>
    /// Builds the stores with the same registrations as the Terse server. Disposing the result disposes the
    /// cluster.
    /// </summary>
    internal static ServiceProvider BuildStorage(Cluster cluster, IMeterFactory? meters = null)
    {
        var services = new ServiceCollection();
        PostgresStorage.Add(services);
        services.AddMetrics();
        services.AddLogging();
        if (meters is not null)
            services.AddSingleton(_ => meters);
        return services
            .AddSingleton(Options.Create(new DatabaseOptions()))
            .AddSingleton(Options.Create(new CodeOptions()))
            .AddSingleton(Options.Create(new DomainOptions()))
            .AddSingleton<DomainMap>()
            .AddSingleton<DomainLoader>()
            .AddSingleton<KeyLoader>()
            .AddSingleton<BlockLoader>()
            .AddSingleton(new BlockMap(null!)) // No test here changes blocks while it listens.
            .AddSingleton<CodeStrategies>()
            .AddSingleton<VisitOptIn>()
            .AddSingleton<PostgresPartitionUpkeep>()
            .AddSingleton<PostgresVisitEventSearch>()
            .AddSingleton<PostgresLinkExpiry>()
            .AddSingleton<PostgresIndexes>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<Cluster>(_ => cluster)
            .BuildServiceProvider();
    }

    /// <summary>Creates a database with the first migrations.</summary>
    internal async Task<TestDatabase> OpenAsync(List<string> migrations) =>
        new(BuildStorage(await MigrateAsync(await NewDatabaseAsync(), migrations)));

    /// <summary>
    /// Creates a database in which a test can set the clock. The test's own function <c>clock_timestamp()</c>
    /// is in a schema that comes before PostgreSQL's schema in the search path, so it replaces PostgreSQL's
    /// function.
    /// </summary>
    private async Task<string> NewDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await _postgres.Primary.ExecuteAsync($"CREATE DATABASE {name}");
        var connection = new NpgsqlConnectionStringBuilder(_postgres.Primary.ConnectionString)
        {
            Database = name,
            SearchPath = "public, fake, pg_catalog",
        };
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(
            """
            CREATE SCHEMA fake;
            CREATE TABLE fake.clock (now timestamptz);
            CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                'SELECT coalesce((SELECT max(now) FROM fake.clock), pg_catalog.clock_timestamp())';
            """);
        await command.ExecuteNonQueryAsync();
        return connection.ConnectionString;
    }
}
