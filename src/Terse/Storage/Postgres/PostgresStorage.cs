using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Domains;
using Terse.Events;
using Terse.Fleet;
using Terse.Horizon;
using Terse.Ids;
using Terse.Links;
using Terse.Redirects;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <summary>
/// Stores links on a PostgreSQL primary and its replicas. Any number of Terse servers can share these hosts.
/// Redirects read from replicas; creations and changes write to the primary. Replicas lag, so a replica
/// without a link does not prove that the link does not exist: <see cref="LinkFinder"/> decides when Terse
/// may answer "not found".
/// </summary>
internal sealed class PostgresStorage(
    Cluster cluster,
    INodeStore nodes,
    PostgresPreparation preparation,
    PostgresMigrator migrator,
    StartReport report,
    TimeProvider time) : IStorage
{
    /// <summary>
    /// The minimum number of threads in the thread pool. Npgsql cancels a statement with a blocking call.
    /// When a host is lost, a few blocking calls would occupy all threads of a small machine, and all
    /// requests would wait until the pool slowly adds threads. More threads than cores make redirects a few
    /// percent slower, so a Terse server with SQLite keeps the default.
    /// </summary>
    private const int MinThreads = 32;

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton(provider => DatabaseConnections.Create(
            provider.GetRequiredService<IOptions<DatabaseOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<INodeStore, PostgresNodeStore>();
        services.AddSingleton<LayoutLease>();
        services.AddSingleton<ILinkLookups, PostgresLinkLookups>();
        services.AddSingleton(provider => new PrimaryLookupBudget(
            provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.MissesPerSecond,
            provider.GetRequiredService<LookupMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FencedLookups>();
        services.AddSingleton<LookupMetrics>();
        services.AddSingleton<PendingChanges>();
        services.AddSingleton<ILinkReader, LinkFinder>();
        services.AddSingleton<IChangeSource, PostgresChangeSource>();
        services.AddHostedService<PostgresChangeFeed>();
        services.AddHostedService<ClusterMetrics>();
        services.AddSingleton<StartReport>();
        services.AddSingleton<PostgresPreparation>();
        services.AddHostedService(provider => provider.GetRequiredService<PostgresPreparation>());
        AddLinkStores(services);
        AddLists(services);
        AddUpkeep(services);
        services.AddSingleton<PostgresMigrator>();
        services.AddHostedService(provider => provider.GetRequiredService<PostgresMigrator>());
        services.AddSingleton<IFleetStore, PostgresFleetStore>();
        services.AddSingleton<ILagStore, PostgresLagStore>();
        services.AddHostedService<LagRecorder>();
        services.AddSingleton<IStorage, PostgresStorage>();
        AddVisits(services);
        AddEvents(services);
    }

    private static void AddEvents(IServiceCollection services)
    {
        services.AddSingleton<PostgresEventTransactions>();
        services.AddSingleton<IEventLog, PostgresEventLog>();
        services.AddSingleton<PostgresWebhookEnd>();
        services.AddHostedService(provider => provider.GetRequiredService<PostgresWebhookEnd>());
        services.AddSingleton<IWebhookStore, PostgresWebhookStore>();
        services.AddSingleton<IDeliveryQueue, PostgresDeliveryQueue>();
        services.AddSingleton<IDeliveryLog, PostgresDeliveryLog>();
        services.AddHostedService<PostgresLinkExpiry>();
    }

    private static void AddVisits(IServiceCollection services)
    {
        services.AddSingleton<PostgresVisitLimits>();
        services.AddSingleton<PostgresVisitTransactions>();
        services.AddSingleton<PostgresVisitPartitions>();
        services.AddSingleton<IVisitPartitions>(
            provider => provider.GetRequiredService<PostgresVisitPartitions>());
        services.AddSingleton<IVisitorSaltStore, PostgresVisitorSaltStore>();
        services.AddSingleton<PostgresVisitEvents>();
        services.AddSingleton<IVisitStore, PostgresVisitStore>();
        services.AddSingleton<IVisitReader, PostgresVisitReader>();
        services.AddSingleton<IVisitRollup, PostgresVisitRollup>();
        services.AddSingleton<PostgresEventEraser>();
        services.AddSingleton<IVisitEraser, PostgresVisitEraser>();
    }

    /// <summary>Registers the stores that search, create and change links.</summary>
    private static void AddLinkStores(IServiceCollection services)
    {
        services.AddSingleton<PrimaryWait>();
        services.AddSingleton<PostgresLinkInserter>();
        services.AddSingleton<PostgresLinkUpdater>();
        services.AddSingleton<PostgresSlashCodes>();
        services.AddSingleton<ISlashCodeStore>(
            provider => provider.GetRequiredService<PostgresSlashCodes>());
        services.AddSingleton<IDomainStore, PostgresDomainStore>();
        services.AddSingleton<IKeyStore, PostgresKeyStore>();
        services.AddSingleton<IAuditReader, PostgresAuditReader>();
        services.AddSingleton<IBlockStore, PostgresBlockStore>();
        services.AddSingleton<IReportStore, PostgresReportStore>();
        services.AddSingleton<PostgresAliasInserter>();
        services.AddSingleton<PostgresLinkStore>();
        services.AddSingleton<ILinkStore>(provider => provider.GetRequiredService<PostgresLinkStore>());
        services.AddSingleton<IAliasStore>(provider => provider.GetRequiredService<PostgresLinkStore>());
        services.AddSingleton<ILinkCleanup, PostgresLinkCleanup>();
        services.AddSingleton<ILinkTargets, PostgresLinkTargets>();
        services.AddSingleton<PostgresKeyedInserter>();
        services.AddSingleton<ICreationStore, PostgresCreationStore>();
    }

    private static void AddUpkeep(IServiceCollection services)
    {
        services.AddHostedService<PostgresCleanup>();
        services.AddHostedService<PostgresIndexes>();
        services.AddHostedService<PostgresSnapshotAge>();
        services.AddHostedService<PostgresPartitionUpkeep>();
        services.AddHostedService<PostgresVisitEventSearch>();
    }

    private static void AddLists(IServiceCollection services)
    {
        services.AddSingleton<PostgresListTransactions>();
        services.AddSingleton<ILinkList, PostgresLinkList>();
        services.AddSingleton<IListIndex, PostgresListIndex>();
        services.AddSingleton<ITagStore, PostgresTagStore>();
    }

    /// <inheritdoc/>
    public string Description =>
        $"PostgreSQL {string.Join(", ", cluster.Hosts.Select(host => $"{host.Name} ({host.State.Role})"))}";

    /// <inheritdoc/>
    public string? WhyNoDatabase => null;

    /// <inheritdoc/>
    public string? WhyNoRedirects =>
        cluster.HasReadableHost ? preparation.WhyNot
        : cluster.Hosts.Any(host => host.State.IsReachable)
            ? "The reachable database hosts show data of a replaced primary. If the database was set "
                + "back to a backup, restart the server."
        : cluster.Primary.IsPoolerLost
            ? "The pooler of the primary cannot be used, and no replica can be reached."
        : "No database host can be reached.";

    /// <inheritdoc/>
    /// <remarks>
    /// While creations wait for a primary (<see cref="PrimaryWait"/>), the Terse server stays ready for them.
    /// Otherwise, a load balancer would refuse them during a planned switchover.
    /// </remarks>
    public string? WhyNoCreations =>
        cluster.Primary.LostFor < PrimaryWait.Limit ? null
        : cluster.Primary.IsPoolerLost ? "The pooler of the primary cannot be used."
        : "The primary cannot be reached.";

    /// <inheritdoc/>
    public Task PrepareAsync(CancellationToken cancellationToken) =>
        report.RunAsync(ConnectAsync, cancellationToken);

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completions);
        await cluster.StartAsync();
        report.Report();
        await StartRetry.RunAsync(
            token =>
            {
                report.ThrowIfRefused();
                return preparation.PrepareAsync(token);
            },
            time,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken) => report.RunAsync(
        async token =>
        {
            await cluster.StartAsync();
            await StartRetry.RunAsync(MigrateOnceAsync, time, token);
        },
        cancellationToken);

    private Task MigrateOnceAsync(CancellationToken cancellationToken)
    {
        report.ThrowIfRefused();
        return migrator.MigrateAsync(cancellationToken);
    }

    /// <summary>Opens the primary for a move. Call another method of this class before.</summary>
    public Task<PostgresMoveSession> OpenMoveAsync(CancellationToken cancellationToken) =>
        PostgresMoveSession.OpenAsync(cluster, cancellationToken);

    /// <inheritdoc/>
    public Task<MigrationPlan> PlanAsync(CancellationToken cancellationToken) =>
        ReadPrimaryAsync(token => PostgresMigrationPlan.ReadAsync(cluster, token), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
        ReadPrimaryAsync(nodes.ReadLayoutsAsync, cancellationToken);

    private async Task<T> ReadPrimaryAsync<T>(
        Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        T? result = null;
        await report.RunAsync(
            async token =>
            {
                await cluster.FindPrimaryAsync();
                report.ThrowIfRefused();
                result = await read(token);
            },
            cancellationToken);
        return result!;
    }
}
