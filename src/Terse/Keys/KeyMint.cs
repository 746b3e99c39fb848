using Terse.Links;

namespace Terse.Keys;

/// <summary>
/// Mints the ids of this server. It holds a node by reservation, extends the reservation ahead of use, but
/// only when ids are asked for, and takes another node when it lost its own. A server that cannot reserve
/// mints nothing: it never guesses.
/// </summary>
internal sealed partial class KeyMint(
    IKeyStore store, KeyWish wish, TimeProvider time, ILogger<KeyMint> logger) : IAsyncDisposable
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
#pragma warning disable CA2213 // Requests that outlive the stop may wait for it; it holds no handle.
    private readonly SemaphoreSlim _renewing = new(1);
#pragma warning restore CA2213
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}";
    private long? _failedAt;
    private bool _isOpen;
    private bool _isStopping;

    /// <summary>Takes a node.</summary>
    /// <exception cref="Hosting.StartupException">The settings ask for what cannot be.</exception>
    /// <exception cref="StoreUnavailableException">No node is free, or the store is lost.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => RenewAsync().WaitAsync(cancellationToken);

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
                    await RenewAsync().WaitAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Gives the node back; from then on nothing is minted any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _renewing.WaitAsync();
        _isStopping = true;
        var held = _holder.Reservation;
        var usedUntil = _holder.Lose();
        _renewing.Release();
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
        if (!await _renewing.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < RetryAfter)
                return;
            _failedAt = null;
            await ExtendOrTakeAsync();
        }
        catch (StoreUnavailableException exception)
        {
            _failedAt = time.GetTimestamp();
            LogNotExtended(exception.Message);
        }
        finally
        {
            _renewing.Release();
        }
    }

    private async Task RenewAsync()
    {
        await _renewing.WaitAsync();
        try
        {
            // Whoever was here before may have done it already.
            if (_holder.IsSpent)
                await ExtendOrTakeAsync();
        }
        finally
        {
            _renewing.Release();
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
            ?? throw new StoreUnavailableException(
                $"All nodes are held by other servers, or were by some that crashed in the last "
                + $"{ReservationLength.TotalSeconds:0} s; stop one, wait, or set Keys:NodeBits higher.");
        _holder.Take(taken);
        AssertNotSpent(taken);
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

    [LoggerMessage(201, LogLevel.Warning, "The node's reservation was not extended: {Reason}")]
    private partial void LogNotExtended(string reason);

    [LoggerMessage(202, LogLevel.Warning, "Node {Node} is not given back and held until {Until}: {Reason}")]
    private partial void LogNotGivenBack(int node, DateTimeOffset until, string reason);
}
