using Terse.Links;

namespace Terse.Keys;

/// <summary>
/// Mints the ids of this server. It holds a node by reservation, extends the reservation ahead of use, but
/// only when ids are asked for, and takes another node when it lost its own. A server that cannot reserve
/// mints nothing: it never guesses.
/// </summary>
internal sealed partial class KeyMint(
    INodeStore nodes, TsidLayout layout, TimeProvider time, ILogger<KeyMint> logger) : IAsyncDisposable
{
    /// <summary>
    /// How long a reservation lasts. Longer bridges a longer loss of the database, and keeps the node of a
    /// server that crashed out of use for longer.
    /// </summary>
    private static readonly TimeSpan ReservationLength = TimeSpan.FromSeconds(30);

    private readonly NodeHolder _holder = new(layout, time);
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>Takes a node.</summary>
    /// <exception cref="StoreUnavailableException">No node is free, or the store is lost.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => RenewAsync(cancellationToken);

    /// <summary>Mints an id that no server ever minted or will mint.</summary>
    /// <exception cref="StoreUnavailableException">The reservation ended and cannot be renewed.</exception>
    public async ValueTask<Tsid> MintAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (_holder.TryMint(out var id))
            {
                case MintResult.Minted:
                    return id;
                case MintResult.MintedAndNeedsMore:
                    _ = RenewAheadAsync();
                    return id;
                case MintResult.MustWait:
                    await Task.Delay(layout.TickLength, time, cancellationToken);
                    break;
                default:
                    await RenewAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Gives the node back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _renewing.WaitAsync();
        if (_holder.Reservation is { } held && _holder.UsedUntil is { } usedUntil)
        {
            _holder.Lose();
            try
            {
                await nodes.GiveBackAsync(held, usedUntil, CancellationToken.None);
            }
            catch (StoreUnavailableException exception)
            {
                LogNotGivenBack(held.Node, held.Until, exception.Message);
            }
        }

        _renewing.Dispose();
    }

    /// <summary>Extends while there still are ids; a failure is tried again with the next id.</summary>
    private async Task RenewAheadAsync()
    {
        if (!await _renewing.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            await ExtendOrTakeAsync(CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            LogNotExtended(exception.Message);
        }
        finally
        {
            _renewing.Release();
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            // Whoever was here before may have done it already.
            if (_holder.TryMint(out _) is MintResult.NeedsMore or MintResult.NeedsNode)
                await ExtendOrTakeAsync(cancellationToken);
        }
        finally
        {
            _renewing.Release();
        }
    }

    private async Task ExtendOrTakeAsync(CancellationToken cancellationToken)
    {
        if (_holder.Reservation is { } held && _holder.Now is { } now)
        {
            if (await nodes.ExtendAsync(held, now, ReservationLength, cancellationToken) is { } extended)
            {
                _holder.Extend(extended);
                return;
            }

            _holder.Lose();
            LogLost(held.Node);
        }

        var taken = await nodes.TakeAsync(_owner, layout.NodeCount, ReservationLength, cancellationToken)
            ?? throw new StoreUnavailableException(
                $"All {layout.NodeCount} nodes are held by other servers, or were by some that crashed in "
                + $"the last {ReservationLength.TotalSeconds:0} s; stop one, or wait.");
        _holder.Take(taken);
    }

    [LoggerMessage(200, LogLevel.Warning, "Node {Node} was taken by another server; taking another node.")]
    private partial void LogLost(int node);

    [LoggerMessage(201, LogLevel.Warning, "The node's reservation was not extended: {Reason}")]
    private partial void LogNotExtended(string reason);

    [LoggerMessage(202, LogLevel.Warning, "Node {Node} is not given back and held until {Until}: {Reason}")]
    private partial void LogNotGivenBack(int node, DateTimeOffset until, string reason);
}
