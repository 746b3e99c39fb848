using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Mints the ids of this server. It holds a node by reservation, extends the reservation ahead of use, but
/// only when ids are asked for, and takes another node when it lost its own. A server that cannot reserve
/// mints nothing: it never guesses.
/// </summary>
internal sealed partial class IdMint(
    INodeStore store, DesiredLayout wish, TimeProvider time, IMeterFactory meters, ILogger<IdMint> logger)
    : IAsyncDisposable, IReadiness
{
    /// <summary>
    /// How long a reservation lasts. Longer bridges a longer loss of the database, and keeps the node of a
    /// server that crashed out of use for longer.
    /// </summary>
    private static readonly TimeSpan ReservationLength = TimeSpan.FromSeconds(30);

    /// <summary>While a tick's ids are used up; ticks last a second at most.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(10);

    /// <summary>Between two tries to extend ahead, while the store is lost.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly NodeHolder _holder = new(time);

    private readonly Counter<long> _tooLate = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.ids.too_late", "{id}", "Ids that the horizon had passed when their link was to be stored.");

    private readonly Lock _starting = new();
    private Task _renewal = Task.CompletedTask;
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}";
    private string? _whyNoNode = "No node to mint ids with was taken yet.";
    private long? _failedAt;
    private bool _isOpen;
    private bool _isStopping;

    /// <summary>The node that is held; null where there is none.</summary>
    public int? Node => Reservation?.Node;

    /// <summary>What is held; its node and epoch never were anybody else's, and never will be.</summary>
    public NodeReservation? Reservation => _holder.Reservation;

    /// <inheritdoc/>
    /// <remarks>
    /// It has to have found a node, and none that was lost may be without a successor because all are taken.
    /// A reservation that ran out, on a server that creates nothing or while the primary is lost, is no
    /// reason: it is extended with the next id, or not, but redirects need none.
    /// </remarks>
    public string? WhyNotReady => Volatile.Read(ref _whyNoNode);

    /// <summary>Takes a node.</summary>
    /// <exception cref="StartupException">The settings ask for what cannot be.</exception>
    /// <exception cref="StoreUnavailableException">No node is free, or the store is lost.</exception>
    public Task StartAsync(CancellationToken cancellationToken) =>
        RenewAsync(isNeeded: false).WaitAsync(cancellationToken);

    /// <summary>Mints an id that no server ever minted or will mint.</summary>
    /// <exception cref="StoreUnavailableException">The reservation ended and cannot be renewed.</exception>
    public async ValueTask<MintedId> MintAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (_holder.TryMint(out var minted))
            {
                case MintResult.Minted:
                    return minted;
                case MintResult.MintedAndNeedsMore:
                    _ = RenewAheadAsync();
                    return minted;
                case MintResult.MustWait:
                    await Task.Delay(MaxWait, time, cancellationToken);
                    break;
                default:
                    // The request may give up waiting; the renewal, which others need too, goes on.
                    await RenewAsync(isNeeded: false).WaitAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>
    /// Sets the time of minting by the database's clock, after an id came too late: the server was halted
    /// between minting and storing, or its monotonic clock runs slow.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store is lost.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken)
    {
        LogTooLate();
        _tooLate.Add(1);
        return RenewAsync(isNeeded: true).WaitAsync(cancellationToken);
    }

    /// <summary>Gives the node back; from then on nothing is minted any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task renewal;
        lock (_starting)
        {
            _isStopping = true;
            renewal = _renewal;
        }

        await renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var held = _holder.Reservation;
        var usedUntil = _holder.Lose();
        if (held is null || usedUntil is null)
            return;
        try
        {
            await store.GiveBackAsync(held, usedUntil.Value, CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            LogNotGivenBack(held.Node, held.Until, exception.Message);
        }
    }

    /// <summary>Extends while there still are ids; a failure is tried again with an id of later.</summary>
    private async Task RenewAheadAsync()
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < RetryAfter)
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

    /// <summary>Renews, or joins the renewal that is under way, and its failure too.</summary>
    /// <param name="isNeeded">Whether it is needed even where ids are left.</param>
    private Task RenewAsync(bool isNeeded)
    {
        lock (_starting)
        {
            if (!_renewal.IsCompleted)
                return _renewal;
            return isNeeded || _holder.IsSpent ? _renewal = ExtendOrTakeAsync() : Task.CompletedTask;
        }
    }

    private async Task ExtendOrTakeAsync()
    {
        if (_isStopping)
            throw new StoreUnavailableException("The server is stopping.");
        if (!_isOpen)
            await store.OpenAsync(wish, CancellationToken.None);
        _isOpen = true;

        if (_holder.Reservation is { } held && _holder.Now is { } now)
        {
            var extended = await store.ExtendAsync(held, now, ReservationLength, CancellationToken.None);
            if (extended is not null)
            {
                _holder.Extend(extended);
                AssertNotSpent(extended);
                return;
            }

            _holder.Lose();
            LogLost(held.Node);
        }

        var taken = await store.TakeAsync(_owner, wish, ReservationLength, CancellationToken.None)
            ?? throw AllNodesAreHeld();
        _holder.Take(taken);
        Volatile.Write(ref _whyNoNode, null);
        AssertNotSpent(taken);
    }

    private StoreUnavailableException AllNodesAreHeld()
    {
        var reason = $"All nodes are held by other servers, or were by some that crashed in the last "
            + $"{ReservationLength.TotalSeconds:0} s; stop one, wait, or set Ids:NodeBits higher.";
        Volatile.Write(ref _whyNoNode, reason);
        return new(reason);
    }

    /// <summary>Ends what would be a loop: a reservation that is new, and has no tick left.</summary>
    private void AssertNotSpent(NodeReservation renewed)
    {
        if (_holder.IsSpent)
        {
            throw new StoreUnavailableException(
                $"No tick is left of layout {renewed.Layout.Ids.Name} until {renewed.Until:O}, or the server "
                + "was halted for as long as a reservation lasts.");
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "Node {Node} was taken by another server; taking another node.")]
    private partial void LogLost(int node);

    [LoggerMessage(203, LogLevel.Warning, "An id came too late to be stored; it is minted again.")]
    private partial void LogTooLate();

    [LoggerMessage(201, LogLevel.Warning, "The node's reservation was not extended: {Reason}")]
    private partial void LogNotExtended(string reason);

    [LoggerMessage(202, LogLevel.Warning, "Node {Node} is not given back and held until {Until}: {Reason}")]
    private partial void LogNotGivenBack(int node, DateTimeOffset until, string reason);
}
