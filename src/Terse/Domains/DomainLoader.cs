using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Domains;

/// <summary>
/// Keeps <see cref="DomainMap"/> equal to the domains in the database: reads them before the server accepts
/// requests, then every 2 seconds, and at once after a notification. A host that the map does not contain
/// counts as the default domain, so a server with an old map would look for links of a new domain in the
/// wrong place. Two rules prevent a wrong "not found":
/// <list type="bullet">
/// <item>Each server may answer "not found" for a limited time after it has read the domains from the
/// primary, the lease. After that, an unknown code is answered with 503.</item>
/// <item>A new domain takes no links until the lease of every server that does not know it has ended. The
/// first server that has known the domain for <see cref="ActivationDelay"/> makes it active.</item>
/// </list>
/// </summary>
internal sealed partial class DomainLoader(
    IDomainStore store,
    DomainMap map,
    IOptions<DomainOptions> options,
    TimeProvider time,
    ILogger<DomainLoader> logger) : StoredTableLoader(time)
{
    /// <summary>
    /// How long a server may answer "not found" after it has read the domains.
    /// </summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(10);

    /// <summary>How long a server waits after it has read a new domain before it makes it active.</summary>
    public static readonly TimeSpan ActivationDelay = LeaseDuration * 1.5;

    private readonly Dictionary<(long Id, string Name), long> _firstReadAt = [];
    private Guid? _revision;
    private bool _hasWarned;

    /// <inheritdoc/>
    public override TimeSpan? Interval => store.IsShared ? LeaseDuration / 5 : null;

    /// <summary>The timestamp of a read whose lease has just ended.</summary>
    private long ReadAtOfExpiredLease =>
        Time.GetTimestamp() - (long)(Time.TimestampFrequency * LeaseDuration.TotalSeconds);

    /// <inheritdoc/>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (store.IsShared)
            map.Table = map.Table with { ReadAt = ReadAtOfExpiredLease };
        if (!await TryReadAsync(cancellationToken))
            await BackgroundLoop.TryAsync(ReadFromAnyHostAsync, LogNotRead, cancellationToken);
    }

    /// <summary>
    /// Reads the domains, and makes active the new domains that this server has known for
    /// <see cref="ActivationDelay"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be used.</exception>
    public override async Task UpdateAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        var now = Time.GetTimestamp();
        var waiting = map.Table.Others.Where(domain => !domain.IsActive).ToList();
        foreach (var known in _firstReadAt.Keys.Except(waiting.Select(domain => (domain.Id, domain.Name))))
            _firstReadAt.Remove(known);
        foreach (var domain in waiting)
        {
            if (!_firstReadAt.TryAdd((domain.Id, domain.Name), now)
                && Time.GetElapsedTime(_firstReadAt[(domain.Id, domain.Name)], now) >= ActivationDelay)
            {
                await store.ActivateAsync(domain.Id, cancellationToken);
            }
        }
    }

    /// <summary>Reads the domains from the primary.</summary>
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var readAt = Time.GetTimestamp();
        var stored = await store.ReadAsync(_revision, isLatest: true, cancellationToken);
        if (stored.Revision is null)
        {
            await store.SeedAsync(options.Value.ToDomains(), cancellationToken);
            stored = await store.ReadAsync(known: null, isLatest: true, cancellationToken);
        }

        Publish(stored, store.IsShared ? readAt : null);
    }

    /// <summary>
    /// Reads the domains while the primary is lost. They may lack the newest domains, so their lease has
    /// ended already.
    /// </summary>
    private async Task ReadFromAnyHostAsync(CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(known: null, isLatest: false, cancellationToken);
        Publish(stored, ReadAtOfExpiredLease);
        _revision = null;
    }

    private void Publish(StoredDomains stored, long? readAt)
    {
        var table = stored.Domains is { } changed ? new DomainTable(changed) : map.Table;
        map.Table = table with { ReadAt = readAt };
        _revision = stored.Revision;
        if (!_hasWarned)
            WarnOfSettings();
    }

    private void WarnOfSettings()
    {
        _hasWarned = true;
        foreach (var domain in options.Value.ToDomains())
        {
            var isUnknown = domain.IsDefault
                ? domain.Settings.Host is { } host && host != map.Table.Default.Settings.Host
                : map.Table.Get(domain.Name) is null;
            if (isUnknown)
                LogNotSeeded(domain.IsDefault ? domain.Settings.Host! : domain.Name);
        }
    }

    protected override void LogNotRead(Exception exception) => LogNotRead(exception.Message);

    [LoggerMessage(
        150,
        LogLevel.Warning,
        "The domains cannot be read from the database; the server continues with the domains that it has: "
        + "{Reason}")]
    private partial void LogNotRead(string reason);

    [LoggerMessage(
        151,
        LogLevel.Warning,
        "The settings name the domain {Domain}, but the database does not have it. The settings apply only "
        + "to a new database; use 'terse domains' to change the domains.")]
    private partial void LogNotSeeded(string domain);
}
