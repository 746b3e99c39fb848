using Microsoft.Extensions.Options;
using Terse.Fleet;
using Terse.Ids;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>Links in one SQLite file: what a single machine needs, and nothing else.</summary>
/// <remarks>The file is made when the database is, so that is put off for those who only look.</remarks>
internal sealed class SqliteStorage(Lazy<SqliteDatabase> database, IOptions<StorageOptions> options)
    : IStorage
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton(provider =>
            new Lazy<SqliteDatabase>(provider.GetRequiredService<SqliteDatabase>));
        services.AddSingleton<SqliteWriter>();
        services.AddSingleton<SqliteReaders>();
        services.AddSingleton<SqliteLinkStore>();
        services.AddSingleton<ILinkStore>(provider => provider.GetRequiredService<SqliteLinkStore>());
        services.AddSingleton<ILinkReader>(provider => provider.GetRequiredService<SqliteLinkStore>());
        services.AddSingleton<ICreationStore, SqliteCreationStore>();
        services.AddSingleton<INodeStore, SqliteNodeStore>();
        services.AddSingleton<IFleetStore, SqliteFleetStore>();
        services.AddSingleton<IVisitStore, SqliteVisitStore>();
        services.AddSingleton<IVisitReader, SqliteVisitReader>();
        services.AddSingleton<IVisitDays, SqliteVisitDays>();
        services.AddSingleton<IStorage, SqliteStorage>();
        services.AddHostedService<SqliteChangeFeed>();
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {database.Value.Path}";

    /// <inheritdoc/>
    public string? WhyNotReady => File.Exists(database.Value.Path) ? null : "The database's file is gone.";

    /// <inheritdoc/>
    /// <remarks>The file is opened, and its schema brought up to date, when the database is made.</remarks>
    public Task PrepareAsync(CancellationToken cancellationToken)
    {
        _ = database.Value;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(SqliteDatabase.ReadLayouts(options.Value));
}
