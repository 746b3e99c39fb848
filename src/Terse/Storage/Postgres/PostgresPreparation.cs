using Microsoft.Extensions.Options;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// Prepares the use of the database: migrates or checks the schema, and reads the layouts of ids. This
/// happens at the start. If the primary is lost then, the Terse server starts with a replica that has a
/// suitable schema, and this class does the rest as soon as there is a primary. It also starts over when the
/// database has moved to another installation of PostgreSQL, for example with dump and restore, because
/// everything that the Terse server knew about the old database may be wrong for the new one.
/// </summary>
internal sealed partial class PostgresPreparation(
    Cluster cluster,
    LayoutLease layouts,
    IdMint mint,
    PostgresMigrator migrator,
    IOptions<DatabaseOptions> options,
    TimeProvider time,
    ILogger<PostgresPreparation> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The system identifier of the installation that is prepared; null before the first preparation.
    /// </summary>
    private long? _prepared;
    private readonly HashSet<(string Host, string Warning)> _warned = [];
    private string? _settingErrors;
    private string? _failure;

    /// <summary>
    /// Why this Terse server cannot work with the database; null while it can. The start reports such a
    /// reason as an error; later, the reason makes the Terse server unready. Clients can read this text, so
    /// the names of hosts and the words of PostgreSQL stand in the log only.
    /// </summary>
    public string? WhyNot =>
        Volatile.Read(ref _settingErrors) is not null
            ? "A setting of a database host breaks promises of this server; its log names the setting."
        : Volatile.Read(ref _failure) is not null
            ? "This server cannot work with the database; its log says why."
        : null;

    /// <summary>
    /// Prepares the database, or, without a primary, checks that a replica can serve redirects.
    /// </summary>
    /// <exception cref="StartupException">This Terse server cannot work with the database.</exception>
    /// <exception cref="StoreUnavailableException">No host can be used.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        LogWeakSettings();
        if (FindSettingErrors() is { } errors)
            throw new StartupException(errors);
        AssertOneInstallation();
        if (cluster.HasReadableHost && !cluster.Primary.IsKnownSince(long.MinValue))
        {
            await AssertReplicaServesAsync(cancellationToken);
            layouts.StartReading();
            LogNoPrimary();
            return;
        }

        var installation = cluster.Primary.Identity.SystemIdentifier;
        await MigrateOrCheckAsync(cancellationToken);
        await layouts.StartAsync(cancellationToken);
        _prepared = installation;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, isFirst) =>
        {
            var isNew = exception is StartupException && exception.Message != _failure;
            if (isNew)
                Volatile.Write(ref _failure, exception.Message);
            if (isFirst || isNew)
                LogFailed(exception.Message);
        });
        return loop.WaitAndRunAsync(CompleteAsync, stoppingToken);
    }

    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        LogWeakSettings();
        UpdateSettingErrors();
        if (_settingErrors is not null || !cluster.Primary.IsKnownSince(long.MinValue))
            return;
        if (cluster.Primary.Identity.SystemIdentifier is var installation && installation != _prepared)
            await PrepareAsync(installation, cancellationToken);
        Volatile.Write(ref _failure, null);
    }

    /// <summary>Prepares the database of an installation after the start.</summary>
    private async Task PrepareAsync(long installation, CancellationToken cancellationToken)
    {
        await MigrateOrCheckAsync(cancellationToken);
        await layouts.ReadAsync(cancellationToken);
        if (_prepared is not null)
        {
            LogMoved();
            await mint.StartOverAsync(cancellationToken);
        }

        _prepared = installation;
    }

    /// <summary>
    /// Two primaries of different installations are an error in the settings. While the server runs, it keeps
    /// the primary that it knows.
    /// </summary>
    private void AssertOneInstallation()
    {
        var primaries = cluster.Hosts
            .Where(host => host.State is { Role: HostRole.Primary, Failures: 0 })
            .DistinctBy(host => host.State.Identity.SystemIdentifier)
            .Select(host => host.Name)
            .ToList();
        if (primaries.Count > 1)
        {
            throw new StartupException(
                $"The hosts {string.Join(" and ", primaries)} are primaries of different installations of "
                + "PostgreSQL. Keep the hosts of one installation in Database:Hosts.");
        }
    }

    /// <summary>Logs each setting that is weak or wrong, once for each host.</summary>
    private void LogWeakSettings()
    {
        foreach (var host in cluster.Hosts)
        {
            foreach (var warning in host.Settings?.FindWarnings() ?? [])
            {
                if (_warned.Add((host.Name, warning)))
                    LogSetting(host.Name, warning);
            }

            if (host.State.IsPoolerOfOtherHost && _warned.Add((host.Name, nameof(LogWrongPooler))))
                LogWrongPooler(host.Name);
        }
    }

    private void UpdateSettingErrors()
    {
        var errors = FindSettingErrors();
        if (errors is not null && errors != _settingErrors)
            LogSettingErrors(errors);
        Volatile.Write(ref _settingErrors, errors);
    }

    /// <summary>
    /// Returns the settings that break the promises of the Terse server; null if there are none. A host that
    /// cannot be reached does not count, because its settings are read again when it comes back.
    /// </summary>
    private string? FindSettingErrors()
    {
        List<string> errors = [.. cluster.Hosts
            .Where(host => host.State.IsReachable)
            .SelectMany(host => (host.Settings?.FindErrors() ?? [])
                .Select(error => $"Host {host.Name}: {error}"))];
        return errors.Count == 0 ? null : string.Join(Environment.NewLine, errors);
    }

    private async Task AssertReplicaServesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PostgresMigrations.AssertServesAsync(cluster, Freshness.Any, cancellationToken);
        }
        catch (StartupException exception) when (options.Value.Migrate)
        {
            // The migration may correct the schema when there is a primary, so the start waits for it.
            throw new StoreUnavailableException(
                $"No primary can be reached to migrate the schema. {exception.Message}", exception);
        }
    }

    private async Task MigrateOrCheckAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Migrate)
            await migrator.PrepareAsync(cancellationToken);
        await PostgresMigrations.AssertServesAsync(cluster, Freshness.Latest, cancellationToken);
    }

    [LoggerMessage(
        630,
        LogLevel.Warning,
        "No primary can be reached. The server redirects from replicas until a primary is there.")]
    private partial void LogNoPrimary();

    [LoggerMessage(
        631,
        LogLevel.Warning,
        "The database has moved to another installation of PostgreSQL; the server starts over with it.")]
    private partial void LogMoved();

    [LoggerMessage(633, LogLevel.Warning, "A setting of the database host {Host} is weak: {Warning}")]
    private partial void LogSetting(string host, string warning);

    [LoggerMessage(
        635,
        LogLevel.Error,
        "The pooler of {Host} leads to another host, so the host is not used; correct Database:Poolers.")]
    private partial void LogWrongPooler(string host);

    [LoggerMessage(
        634, LogLevel.Error, "The server is not ready, because a setting breaks its promises: {Errors}")]
    private partial void LogSettingErrors(string errors);

    [LoggerMessage(632, LogLevel.Error, "The database could not be prepared; the server retries: {Reason}")]
    private partial void LogFailed(string reason);
}
