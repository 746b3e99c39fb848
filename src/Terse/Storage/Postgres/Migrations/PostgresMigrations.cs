using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Migrates the database to the schema of this Terse version. The first migration installs the horizon
/// (<see cref="HorizonSchema"/>); the files Migrations/NNNN-….sql follow in the order of their numbers. Each
/// migration runs once. All missing migrations run in one transaction under an advisory lock, so that only
/// one Terse server migrates at a time.
/// </summary>
/// <remarks>
/// During a rolling update, Terse servers of two versions share a database. So a Terse server also works with
/// the schema of the version before its own. A Terse server works with the schema of the next version as
/// well, because migrations only add tables and columns.
/// </remarks>
internal static class PostgresMigrations
{
    /// <summary>The version of the schema that all migrations together make.</summary>
    public static int SchemaVersion { get; } = Load().Count;

    /// <summary>
    /// Applies all migrations that the database lacks, unless another transaction holds a lock that a
    /// migration needs. While a statement waits for a lock on a table, all later statements on this table
    /// wait behind it. So no statement waits longer than a second; then the whole migration is rolled back.
    /// </summary>
    /// <returns>Null after success, otherwise what blocks the migration.</returns>
    /// <exception cref="StartupException">
    /// The schema is newer than the schema of the next Terse version, the encoding of the database is not
    /// UTF-8, or PostgreSQL reported an error.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public static Task<MigrationBlock?> TryApplyAsync(
        Cluster cluster, TimeProvider time, CancellationToken cancellationToken) =>
        TryApplyAsync(cluster, Load(), time, cancellationToken);

    /// <summary>
    /// Applies the given migrations that the database lacks. If the list lacks the last migrations, the
    /// database gets the schema of an earlier Terse version; tests use this.
    /// </summary>
    public static async Task<MigrationBlock?> TryApplyAsync(
        Cluster cluster, List<string> migrations, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var watch = new BlockingWatch(cluster, time);
        try
        {
            return await cluster.WriteAsync(
                ConnectionShare.Nodes, (migrations, watch), ApplyAsync, cancellationToken)
                ? null
                : new MigrationBlock([]) { IsOfOtherServer = true };
        }
        catch (Exception exception) when (IsBlocked(exception))
        {
            return new MigrationBlock(await watch.StopAsync());
        }
        catch (HostUnavailableException exception)
        {
            throw new StoreUnavailableException($"The migration failed: {exception.Message}", exception);
        }
        catch (PostgresException exception)
        {
            throw new StartupException($"The migration failed: {exception.MessageText}", exception);
        }
    }

    private static bool IsBlocked(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.QueryCanceled // by statement_timeout
            or PostgresErrorCodes.DeadlockDetected,
        HostUnavailableException { InnerException: { } inner } => IsBlocked(inner),
        _ => false,
    };

    /// <summary>
    /// Whether this Terse server can work with the schema of the database. False if there is no schema.
    /// </summary>
    public static async Task<bool> ServesAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            await AssertServesAsync(cluster, Freshness.Latest, cancellationToken);
            return true;
        }
        catch (StartupException)
        {
            return false;
        }
    }

    /// <summary>Checks that this Terse server can work with the schema of the database.</summary>
    /// <exception cref="StartupException">
    /// This Terse server cannot work with the schema. The message says what to do.
    /// </exception>
    /// <exception cref="StoreUnavailableException">No host that is fresh enough can be reached.</exception>
    public static async Task AssertServesAsync(
        Cluster cluster, Freshness freshness, CancellationToken cancellationToken)
    {
        try
        {
            AssertServes(
                await ReadOpenVersionAsync(cluster, freshness, cancellationToken), SchemaVersion);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StartupException("The database has no schema; run 'terse migrate'.", exception);
        }
        catch (PostgresException exception)
        {
            throw new StartupException(
                $"The version of the schema cannot be read: {exception.MessageText}", exception);
        }
    }

    /// <summary>Reads the schema version. The version is the number of applied migrations.</summary>
    public static Task<int> ReadVersionAsync(
        Cluster cluster, Freshness freshness, CancellationToken cancellationToken) =>
        cluster.ReadAsync(
            ConnectionShare.Nodes,
            freshness,
            argument: 0,
            static (read, _, token) => ReadVersionAsync(read, token),
            cancellationToken);

    private const string ReadVersion = "SELECT version FROM schema_version";

    /// <summary>Reads the schema version of a database that servers may use.</summary>
    /// <exception cref="StartupException">
    /// The links have moved, or the database is the unfinished target of a move.
    /// </exception>
    private static Task<int> ReadOpenVersionAsync(
        Cluster cluster, Freshness freshness, CancellationToken cancellationToken) =>
        cluster.ReadAsync(
            ConnectionShare.Nodes,
            freshness,
            argument: 0,
            static async (read, _, token) =>
            {
                var version = await ReadVersionAsync(read, token);
                await PostgresMoveMark.AssertIsOpenAsync(read);
                return version;
            },
            cancellationToken);

    private static async Task<int> ReadVersionAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(ReadVersion);
        return (int)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private static void AssertServes(int version, int own)
    {
        if (version < own - 1)
        {
            throw new StartupException(
                $"The database has schema {version}, but Terse {Server.Version} needs schema {own - 1} to "
                + $"{own + 1}; run 'terse migrate'.");
        }

        if (version > own + 1)
        {
            throw new StartupException(
                $"The database has schema {version}, but Terse {Server.Version} serves on schema {own + 1} "
                + "at most. Start the version of Terse that migrated the database, or a later one.");
        }
    }

    private const string TryLock =
        """
        SELECT pg_backend_pid(), pg_try_advisory_xact_lock(x'5445525345'::bigint)
        """;

    private const string Prepare =
        """
        SET LOCAL lock_timeout = '500ms';
        CREATE TABLE IF NOT EXISTS schema_version (
            one     integer PRIMARY KEY CHECK (one = 1),
            version integer NOT NULL -- the number of applied migrations
        );
        INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
        """;

    private const string StoreVersion = "UPDATE schema_version SET version = $1";

    /// <summary>Returns false if another Terse server is migrating the database.</summary>
    private static async Task<bool> ApplyAsync(
        WriteTransaction write,
        (List<string> Migrations, BlockingWatch Watch) call,
        CancellationToken cancellationToken)
    {
        await AssertHoldsAllTextAsync(write.AsRead, cancellationToken);
        if (!await TryLockAsync(write, call.Watch, cancellationToken))
            return false;
        await RunAsync(write, Prepare, cancellationToken);
        var version = await ReadVersionAsync(write.AsRead, cancellationToken);
        if (version >= call.Migrations.Count)
        {
            AssertServes(version, call.Migrations.Count);
            return true;
        }

        foreach (var migration in call.Migrations.Skip(version))
            await RunAsync(write, migration, cancellationToken);
        await using var store = write.CreateCommand(StoreVersion);
        store.Bind(call.Migrations.Count);
        await store.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async Task<bool> TryLockAsync(
        WriteTransaction write, BlockingWatch watch, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(TryLock);
        await using var row = await locking.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        watch.Watch(row.GetInt32(0));
        return row.GetBoolean(1);
    }

    private const string ReadEncoding = "SELECT current_setting('server_encoding')";

    private static async Task AssertHoldsAllTextAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(ReadEncoding);
        if ((string)(await select.ExecuteScalarAsync(cancellationToken))! is not "UTF8" and var encoding)
        {
            throw new StartupException(
                $"The encoding of the database is {encoding}, which cannot store every target; create a "
                + "database with CREATE DATABASE … ENCODING 'UTF8'.");
        }
    }

    private static async Task RunAsync(
        WriteTransaction write, string statements, CancellationToken cancellationToken)
    {
        await using var command = write.CreateCommand(statements);
        command.CommandTimeout = 0; // 0 means no time limit, because migrating a large table takes long.
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The SQL of the horizon with which a migration ends; empty for most of them.</summary>
    private static string OfHorizon(string migration) => migration switch
    {
        "0004-sound-core.sql" => HorizonSchema.Upgrade,
        "0007-events.sql" => HorizonInstant.Create,
        _ => "",
    };

    /// <summary>
    /// Returns the SQL text of each migration, in the order in which the migrations run.
    /// </summary>
    public static List<string> Load() => LoadFiles().ConvertAll(file => file.Text);

    /// <summary>Returns the name and the SQL text of each migration.</summary>
    public static List<(string Name, string Text)> LoadFiles() =>
    [
        ("the horizon", HorizonSchema.Install),
        .. MigrationFiles.Load("Postgres").Select(file =>
            (file.Name, $"{file.Text}\n{OfHorizon(file.Name)}")),
    ];
}
