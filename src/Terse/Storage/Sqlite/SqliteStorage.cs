using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Domains;
using Terse.Events;
using Terse.Fleet;
using Terse.Ids;
using Terse.Links;
using Terse.Redirects;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>The storage of an installation on a single machine: one SQLite file.</summary>
/// <remarks>
/// The parameter <c>database</c> is lazy, because the constructor of <see cref="SqliteDatabase"/> creates the
/// file if it does not exist. A command that only reads must not create a file.
/// </remarks>
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
        services.AddSingleton<IAliasStore>(provider => provider.GetRequiredService<SqliteLinkStore>());
        services.AddSingleton<ISlashCodeStore>(provider => provider.GetRequiredService<SqliteLinkStore>());
        services.AddSingleton<ICreationStore, SqliteCreationStore>();
        services.AddSingleton<ILinkCleanup, SqliteLinkCleanup>();
        services.AddSingleton<SqliteLinkTargets>();
        services.AddSingleton<ILinkTargets>(provider => provider.GetRequiredService<SqliteLinkTargets>());
        services.AddHostedService(provider => provider.GetRequiredService<SqliteLinkTargets>());
        services.AddSingleton<ILinkList, SqliteLinkList>();
        services.AddSingleton<IListIndex, SqliteListIndex>();
        services.AddSingleton<ITagStore, SqliteTagStore>();
        services.AddSingleton<INodeStore, SqliteNodeStore>();
        services.AddSingleton<IFleetStore, SqliteFleetStore>();
        services.AddSingleton<ILagStore, SqliteLagStore>();
        services.AddSingleton<IDomainStore, SqliteDomainStore>();
        services.AddSingleton<IKeyStore, SqliteKeyStore>();
        services.AddSingleton<IAuditReader, SqliteAuditReader>();
        services.AddSingleton<IBlockStore, SqliteBlockStore>();
        services.AddSingleton<IReportStore, SqliteReportStore>();
        services.AddSingleton<IVisitorSaltStore, SqliteVisitorSaltStore>();
        services.AddSingleton<IVisitStore, SqliteVisitStore>();
        services.AddSingleton<IVisitReader, SqliteVisitReader>();
        services.AddSingleton<IVisitPartitions, SqliteVisitPartitions>();
        services.AddSingleton<IVisitRollup, SqliteVisitRollup>();
        services.AddSingleton<IVisitEraser, SqliteVisitEraser>();
        AddEvents(services);
        services.AddSingleton<IStorage, SqliteStorage>();
        services.AddHostedService<SqliteChangeFeed>();
        services.AddSingleton<BackupMetrics>();
        services.AddHostedService<BackupWorker>();
    }

    private static void AddEvents(IServiceCollection services)
    {
        services.AddSingleton<IEventLog, SqliteEventLog>();
        services.AddSingleton<SqliteWebhookEnd>();
        services.AddSingleton<IWebhookStore, SqliteWebhookStore>();
        services.AddSingleton<IDeliveryQueue, SqliteDeliveryQueue>();
        services.AddSingleton<IDeliveryLog, SqliteDeliveryLog>();
        services.AddSingleton<SqliteVisitEvents>();
        services.AddSingleton<SqliteLinkExpiry>();
        services.AddHostedService<SqliteEventUpkeep>();
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {database.Value.Path}";

    /// <inheritdoc/>
    public string? WhyNoDatabase => SqliteDatabase.WhyMissing(options.Value);

    /// <inheritdoc/>
    public string? WhyNoRedirects => File.Exists(database.Value.Path) ? null : SqliteErrors.FileMissing;

    /// <inheritdoc/>
    /// <remarks>The constructor of <see cref="SqliteDatabase"/> opens and migrates the file.</remarks>
    public Task PrepareAsync(CancellationToken cancellationToken)
    {
        _ = database.Value;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken) => PrepareAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<MigrationPlan> PlanAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            SqliteDatabase.Read(options.Value, (session, _) => SqliteMigrations.Plan(session)));

    /// <inheritdoc/>
    public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(SqliteDatabase.ReadLayouts(options.Value));
}
