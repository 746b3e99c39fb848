using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Brings the database to this version's schema: the horizon, then Migrations/NNNN-….sql, in order, each
/// once, all in one transaction, under a lock, so that servers that start at once do it one after the other.
/// </summary>
/// <remarks>
/// While servers are replaced one by one, those of two versions share a database. So a server also serves on
/// the schema of the version before its own, and, since migrations only add, on that of the version after.
/// </remarks>
internal static class PostgresMigrations
{
    /// <exception cref="StartupException">The schema is later than the next version's.</exception>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public static Task ApplyAsync(Cluster cluster, CancellationToken cancellationToken) =>
        ApplyAsync(cluster, Load(), cancellationToken);

    /// <summary>The same for a part of them, which is the schema of an earlier version.</summary>
    public static async Task ApplyAsync(
        Cluster cluster, List<string> migrations, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.WriteAsync(migrations, ApplyAsync, cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw new StoreUnavailableException($"The schema cannot be made: {exception.Message}", exception);
        }
        catch (PostgresException exception)
        {
            throw new StartupException($"The schema cannot be made: {exception.MessageText}", exception);
        }
    }

    /// <summary>Looks whether this server can serve on the schema that there is.</summary>
    /// <exception cref="StartupException">It cannot; the message says what to do.</exception>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public static async Task AssertServesAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var version = await cluster.ReadAsync(
                Freshness.Latest,
                argument: 0,
                static (read, _, token) => ReadVersionAsync(read, token),
                cancellationToken);
            AssertServes(version, Load().Count);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StartupException("The database has no schema; run 'terse migrate'.", exception);
        }
    }

    private const string ReadVersion = "SELECT version FROM schema_version";

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
                $"The database has schema {version}, but Terse {Server.Version} serves on {own - 1} to "
                + $"{own + 1}; run 'terse migrate'.");
        }

        if (version > own + 1)
        {
            throw new StartupException(
                $"The database has schema {version}, but Terse {Server.Version} knows only up to {own}, and "
                + $"serves up to {own + 1}. Start the version of Terse that made it, or a later one.");
        }
    }

    private const string Prepare =
        """
        SET LOCAL lock_timeout = '60s';
        SELECT pg_advisory_xact_lock(x'5445525345'::bigint);
        CREATE TABLE IF NOT EXISTS schema_version (
            one     integer PRIMARY KEY CHECK (one = 1),
            version integer NOT NULL -- the number of migrations that were applied
        );
        INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
        """;

    private const string StoreVersion = "UPDATE schema_version SET version = $1";

    private static async Task<bool> ApplyAsync(
        WriteTransaction write, List<string> migrations, CancellationToken cancellationToken)
    {
        await AssertHoldsAllTextAsync(write.AsRead, cancellationToken);
        await RunAsync(write, Prepare, cancellationToken);
        var version = await ReadVersionAsync(write.AsRead, cancellationToken);
        if (version >= migrations.Count)
        {
            AssertServes(version, migrations.Count);
            return false;
        }

        foreach (var migration in migrations.Skip(version))
            await RunAsync(write, migration, cancellationToken);
        if (version > 0) // else they have just been installed
            await RunAsync(write, HorizonSchema.Functions, cancellationToken);
        await using var store = write.CreateCommand(StoreVersion);
        store.Bind(migrations.Count);
        await store.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private const string ReadEncoding = "SELECT current_setting('server_encoding')";

    private static async Task AssertHoldsAllTextAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(ReadEncoding);
        if ((string)(await select.ExecuteScalarAsync(cancellationToken))! is not "UTF8" and var encoding)
        {
            throw new StartupException(
                $"The database's encoding is {encoding}, which cannot hold every target; make another with "
                + "CREATE DATABASE … ENCODING 'UTF8'.");
        }
    }

    private static async Task RunAsync(
        WriteTransaction write, string statements, CancellationToken cancellationToken)
    {
        await using var command = write.CreateCommand(statements);
        command.CommandTimeout = 0; // A migration may take its time.
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All migrations, in order.</summary>
    public static List<string> Load() => [HorizonSchema.Install, .. MigrationFiles.Load("Postgres")];
}
