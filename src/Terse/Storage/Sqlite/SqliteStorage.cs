using Terse.Keys;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <summary>Links in one SQLite file: what a single machine needs, and nothing else.</summary>
internal sealed class SqliteStorage(SqliteDatabase database) : IStorage
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<SqliteWriter>();
        services.AddSingleton<SqliteReaders>();
        services.AddSingleton<ILinkStore, SqliteLinkStore>();
        services.AddSingleton<ICreationStore, SqliteCreationStore>();
        services.AddSingleton<IKeyStore, SqliteKeyStore>();
        services.AddSingleton<IStorage, SqliteStorage>();
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {database.Path}";

    /// <inheritdoc/>
    public string? WhyNotReady => File.Exists(database.Path) ? null : "The database's file is gone.";

    /// <inheritdoc/>
    /// <remarks>The file is opened, and its schema brought up to date, when the database is made.</remarks>
    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
