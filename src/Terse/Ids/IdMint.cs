using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Mints the ids of this server. The mint reserves a node, and extends the reservation before it ends, but
/// only while requests need ids. When the mint has lost its node, it reserves a different node. Without a
/// reservation it mints no ids.
/// </summary>
internal sealed partial class IdMint(
    INodeStore store,
    DesiredLayout desired,
    IOptions<ServerOptions> server,
    TimeProvider time,
    IdMetrics metrics,
    ILogger<IdMint> logger)
    : IAsyncDisposable, IReadiness
{
    /// <summary>
    /// How long a reservation lasts. With a longer reservation, the server can mint ids during a longer
    /// outage of the database, but the node of a crashed server also stays reserved for longer.
    /// </summary>
    private static readonly TimeSpan ReservationLength = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a request waits before it tries again to mint an id, when the server has used all ids that it
    /// may mint now.
    /// </summary>
    private static readonly TimeSpan TickPause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How long the mint waits before it tries again to extend a reservation early, after an attempt failed.
    /// </summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly string _owner = server.Value.Name;
    private readonly ReservedNode _node = new(time);

    /// <summary>Synchronizes access to <see cref="_renewal"/> and <see cref="_isStopping"/>.</summary>
    private readonly Lock _renewing = new();
    private Task _renewal = Task.CompletedTask;
    private string? _whyNoNode = "The server has not reserved a node for new ids yet.";
    private long? _failedAt;
    private bool _hasEnsuredLayout;
    private bool _isStopping;

    /// <summary>The number of the reserved node; null without a reservation.</summary>
    public int? Node => Reservation?.Node;

    /// <inheritdoc cref="ReservedNode.Remaining"/>
    public TimeSpan? Remaining => _node.Remaining;

    /// <summary>
    /// The current reservation; null without a reservation. No two reservations have the same node and the
    /// same epoch.
    /// </summary>
    public NodeReservation? Reservation => _node.Reservation;

    /// <inheritdoc/>
    /// <remarks>
    /// The server cannot create links until it has reserved a node, and while it has lost its node and cannot
    /// reserve another. A reservation that has merely ended does not count, because the next creation extends
    /// the reservation. Redirects need no node.
    /// </remarks>
    public string? WhyNoCreations => Volatile.Read(ref _whyNoNode);

    /// <summary>Reserves a node, unless the current reservation still has ids.</summary>
    /// <exception cref="StartupException">
    /// The settings do not fit the stored layouts, or would leave fewer nodes than servers are running.
    /// </exception>
    /// <exception cref="StoreUnavailableException">
    /// All nodes are reserved, or the store cannot be reached.
    /// </exception>
    public Task StartAsync(CancellationToken cancellationToken) =>
        RenewAsync(isNeeded: false).WaitAsync(cancellationToken);

    /// <summary>Mints an id that no other server has minted or will mint.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The server has no node, or its reservation ended and cannot be renewed.
    /// </exception>
    /// <exception cref="StartupException">
    /// The settings do not fit the stored layouts. The start could not check them, because the store was
    /// unavailable.
    /// </exception>
    public async ValueTask<MintedId> MintAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (_node.TryMint(out var minted))
            {
                case MintResult.Minted:
                    metrics.CountMinted();
                    return minted;
                case MintResult.MintedAndRenewalDue:
                    metrics.CountMinted();
                    _ = RenewAheadAsync();
                    return minted;
                case MintResult.WaitForNextTick:
                    await Task.Delay(TickPause, time, cancellationToken);
                    break;
                default:
                    // Cancelling a request does not stop the renewal, because other requests need ids.
                    await RenewAsync(isNeeded: false).WaitAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>
    /// Sets the time of the id generator to the time of the database's clock. The server calls this method
    /// after the store refused a new link because the timestamp in the link's id was too old. Either the
    /// server was paused between minting the id and storing the link, or its monotonic clock runs slow.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public Task SynchronizeClockAsync(CancellationToken cancellationToken)
    {
        LogTooLate();
        metrics.CountTooLate();
        return RenewAsync(isNeeded: true).WaitAsync(cancellationToken);
    }

    /// <summary>Reserves a node again: a restored database may give this node to another server.</summary>
    public Task StartOverAsync(CancellationToken cancellationToken)
    {
        lock (_renewing)
            return (_renewal = StartOverAfterAsync(_renewal)).WaitAsync(cancellationToken);
    }

    /// <summary>Stops minting ids, and releases the node.</summary>
    public async ValueTask DisposeAsync()
    {
        Task renewal;
        lock (_renewing)
        {
            _isStopping = true;
            renewal = _renewal;
        }

        await renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var held = _node.Reservation;
        var usedUntil = _node.Stop();
        if (held is null || usedUntil is null)
            return;
        try
        {
            await store.ReleaseAsync(held, usedUntil.Value, CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            LogNotReleased(held.Node, held.Until, exception.Message);
        }
    }

    /// <summary>
    /// Extends the reservation before it ends. After a failure, a later call of <see cref="MintAsync"/>
    /// starts the next attempt.
    /// </summary>
    private async Task RenewAheadAsync()
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < RetryInterval)
            return;
        try
        {
            await RenewAsync(isNeeded: true);
            _failedAt = null;
        }
        catch (StoreUnavailableException exception)
        {
            _failedAt = time.GetTimestamp();
            LogNotExtended(exception.Message);
        }
    }

    /// <summary>
    /// Starts a renewal of the reservation and returns its task. While a renewal is running, returns the task
    /// of that renewal.
    /// </summary>
    /// <param name="isNeeded">Whether to renew even while the reservation has ids left.</param>
    private Task RenewAsync(bool isNeeded)
    {
        lock (_renewing)
        {
            if (!_renewal.IsCompleted)
                return _renewal;
            return isNeeded || _node.IsExhausted ? _renewal = ExtendOrReserveAsync() : Task.CompletedTask;
        }
    }

    private async Task ExtendOrReserveAsync()
    {
        if (_isStopping)
            throw new StoreUnavailableException("The server is stopping.");
        if (await TryExtendAsync())
        {
            // The first reservation may have had no tick left, which the start reported as a failure.
            Volatile.Write(ref _whyNoNode, null);
            return;
        }

        try
        {
            await ReserveAsync();
            Volatile.Write(ref _whyNoNode, null);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StartupException)
        {
            Volatile.Write(ref _whyNoNode, exception.Message);
            throw;
        }
    }

    /// <summary>Extends the current reservation. Returns false if the server has no node.</summary>
    private async Task<bool> TryExtendAsync()
    {
        if (_node.Reservation is not { } held || _node.Now is not { } now)
            return false;
        var extended = await store.ExtendAsync(held, now, ReservationLength, CancellationToken.None);
        if (extended is not null)
        {
            _node.Extend(extended);
            ThrowIfExhausted(extended);
            return true;
        }

        _node.Stop();
        LogLost(held.Node);
        return false;
    }

    private async Task ReserveAsync()
    {
        if (!_hasEnsuredLayout)
            await store.EnsureLayoutAsync(_owner, desired, CancellationToken.None);
        _hasEnsuredLayout = true;
        if (await store.ReserveAsync(_owner, desired, ReservationLength, CancellationToken.None)
            is not { } reserved)
        {
            // A server with fewer node bits may have changed the layout while the other servers could not
            // reach the database. The next attempt changes the layout again.
            var stored = await store.ReadLayoutsAsync(CancellationToken.None);
            _hasEnsuredLayout = stored.Current.Ids.NodeBits >= desired.NodeBits;
            throw AllNodesAreReserved();
        }

        _node.Start(reserved);
        ThrowIfExhausted(reserved);
    }

    private async Task StartOverAfterAsync(Task renewal)
    {
        await renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _node.Stop();
        _hasEnsuredLayout = false;
        await ExtendOrReserveAsync();
    }

    private static StoreUnavailableException AllNodesAreReserved() => new(
        "All nodes are reserved by other servers; the node of a crashed server is free after "
        + $"{ReservationLength.TotalSeconds:0} s. Wait, stop a server, or set Ids:NodeBits higher.");

    /// <summary>
    /// Throws when a new reservation has no usable tick, because otherwise the mint would renew the
    /// reservation in an endless loop.
    /// </summary>
    private void ThrowIfExhausted(NodeReservation renewed)
    {
        if (_node.IsExhausted)
        {
            throw new StoreUnavailableException(
                $"The reservation until {renewed.Until:O} has no tick left: either layout "
                + $"{renewed.Layout.Ids.Name} is used up, or the server was paused for longer than a "
                + "reservation lasts. Retry shortly.");
        }
    }

    [LoggerMessage(
        200, LogLevel.Warning, "Another server reserved node {Node}; this server reserves another node.")]
    private partial void LogLost(int node);

    [LoggerMessage(
        203,
        LogLevel.Warning,
        "An id came too late: the horizon had passed its tick. The server mints another id.")]
    private partial void LogTooLate();

    [LoggerMessage(
        201, LogLevel.Warning, "The reservation of the node was not extended; the server retries: {Reason}")]
    private partial void LogNotExtended(string reason);

    [LoggerMessage(
        202, LogLevel.Warning, "Node {Node} was not released and stays reserved until {Until:O}: {Reason}")]
    private partial void LogNotReleased(int node, DateTimeOffset until, string reason);
}
