using Npgsql;
using Terse.Fleet;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="INodeStore"/>
/// <remarks>
/// Each method that writes runs one transaction on the primary. The transaction locks the table <c>node</c>,
/// so calls of different Terse servers run one after the other. The current time comes from the primary's
/// clock.
/// </remarks>
internal sealed class PostgresNodeStore(Cluster cluster, TimeProvider time) : INodeStore
{
    private Observed? _observed;

    /// <inheritdoc/>
    public Task<StoredLayouts> EnsureLayoutAsync(
        string owner, DesiredLayout desired, CancellationToken cancellationToken) =>
        WriteAsync((owner, desired), EnsureLayoutAsync, cancellationToken);

    private static async Task<StoredLayouts> EnsureLayoutAsync(
        LockedNodeTable nodes,
        (string Owner, DesiredLayout Desired) request,
        CancellationToken cancellationToken)
    {
        var (owner, desired) = request;
        var present = nodes.Rows.Values.Select(node => node.ReservedUntil).Append(nodes.Now).Max();
        var stored = await PostgresLayoutTable.ReadAsync(nodes.Write.AsRead, cancellationToken);
        stored.CheckNodes(desired, owner, await ReadRunningAsync(nodes, cancellationToken));
        var updated = stored.Apply(desired, present);
        await PostgresLayoutTable.StoreAsync(nodes.Write, updated, stored.Layouts.Count, cancellationToken);
        if (updated.Layouts.Count > stored.Layouts.Count)
        {
            foreach (var node in nodes.Rows.Values)
                await nodes.StoreAsync(node.Retire(updated.Current), cancellationToken);
        }

        return updated;
    }

    private const string SelectServers = "SELECT name FROM server WHERE seen_at >= clock_timestamp() - $1";

    /// <summary>
    /// Returns the names of the running servers: those that reported recently, and those that have a node but
    /// have not reported yet.
    /// </summary>
    private static async Task<List<string>> ReadRunningAsync(
        LockedNodeTable nodes, CancellationToken cancellationToken)
    {
        var owners = nodes.Rows.Values.Where(node => !node.IsFree(nodes.Now)).Select(node => node.Owner!);
        var names = new List<string>(owners);
        await using var select = nodes.Write.CreateCommand(SelectServers);
        select.Bind(IFleetStore.RetentionTime);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            names.Add(row.GetString(0));
        return names;
    }

    /// <inheritdoc/>
    public async Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.ReadAsync(
                ConnectionShare.Nodes,
                Freshness.Latest,
                argument: 0,
                static (read, _, token) => PostgresLayoutTable.ReadAsync(read, token),
                cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception)
        {
            throw Translate(exception);
        }
    }

    /// <inheritdoc/>
    public Task<NodeReservation?> ReserveAsync(
        string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((owner, desired, length), ReserveAsync, cancellationToken);

    private async Task<NodeReservation?> ReserveAsync(
        LockedNodeTable nodes,
        (string Owner, DesiredLayout Desired, TimeSpan Length) request,
        CancellationToken cancellationToken)
    {
        var stored = await PostgresLayoutTable.ReadAsync(nodes.Write.AsRead, cancellationToken);
        if (stored.FindConflict(request.Desired, nodes.Now) is { } reason)
            throw new StoreUnavailableException(reason);
        if (await IsActivatingAsync(nodes.Write, stored.Current, cancellationToken))
        {
            throw new StoreUnavailableException(
                "A new layout of ids begins; creations work again within "
                + $"{LayoutLease.ActivationDelay.TotalSeconds:0} s.");
        }

        if (NodeRow.PickFree(nodes.Rows, stored.Current, nodes.Now) is not { } free)
            return null;
        var reserved = free.Reserve(request.Owner, nodes.Now, request.Length);
        await nodes.StoreAsync(reserved, cancellationToken);
        return new(
            stored.Current,
            reserved.Node,
            reserved.Epoch,
            free.ReservedUntil,
            reserved.ReservedUntil,
            nodes.MintNow);
    }

    private const string IsActive = "SELECT EXISTS (SELECT FROM active_layout WHERE number = $1)";

    private const string Activate = "INSERT INTO active_layout (number) VALUES ($1)";

    /// <summary>
    /// Whether a Terse server may still have a lease on the earlier layouts. The first server that has seen
    /// the committed layout for the whole delay makes the layout active for all servers. The clock of this
    /// machine measures the delay. The clock of the primary cannot, because it may jump, and because the
    /// transaction that stored the layout may have waited for its commit.
    /// </summary>
    private async Task<bool> IsActivatingAsync(
        WriteTransaction write, IdLayout current, CancellationToken cancellationToken)
    {
        if (current.Number == 1)
            return false;
        if (await IsActiveAsync(write, current.Number, cancellationToken))
            return false;

        var observed = Volatile.Read(ref _observed);
        if (observed?.Layout != current)
            Volatile.Write(ref _observed, observed = new(current, time.GetTimestamp()));
        if (time.GetElapsedTime(observed.At) < LayoutLease.ActivationDelay)
            return true;
        await using var activate = write.CreateCommand(Activate);
        activate.Bind(current.Number);
        await activate.ExecuteNonQueryAsync(cancellationToken);
        return false;
    }

    private static async Task<bool> IsActiveAsync(
        WriteTransaction write, int layout, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(IsActive);
        select.Bind(layout);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((held, ownNow, length), ExtendAsync, cancellationToken);

    private static async Task<NodeReservation?> ExtendAsync(
        LockedNodeTable nodes,
        (NodeReservation Held, DateTimeOffset OwnNow, TimeSpan Length) request,
        CancellationToken cancellationToken)
    {
        if (nodes.FindHeld(request.Held) is not { } row)
            return null;
        var extended = row.Extend(nodes.Now, request.OwnNow, request.Length);
        await nodes.StoreAsync(extended, cancellationToken);
        return request.Held with
        {
            Epoch = extended.Epoch,
            Until = extended.ReservedUntil,
            Now = nodes.MintNow,
        };
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
        WriteAsync((held, usedUntil), ReleaseAsync, cancellationToken);

    private static async Task<bool> ReleaseAsync(
        LockedNodeTable nodes,
        (NodeReservation Held, DateTimeOffset UsedUntil) request,
        CancellationToken cancellationToken)
    {
        if (nodes.FindHeld(request.Held) is { } row)
            await nodes.StoreAsync(row.Release(request.UsedUntil), cancellationToken);
        return true;
    }

    private async Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<LockedNodeTable, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.WriteAsync(
                ConnectionShare.Nodes,
                (argument, work),
                static async (write, call, token) =>
                    await call.work(await LockedNodeTable.LockAsync(write, token), call.argument, token),
                cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception)
        {
            throw Translate(exception);
        }
    }

    /// <summary>Clients can read the message, so it has no names of tables and users.</summary>
    private static Exception Translate(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable => new StoreUnavailableException(
            "The database has no schema yet; run 'terse migrate'.", exception),
        PostgresErrorCodes.InsufficientPrivilege => new StartupException(
            "The user of the database has no rights on the tables of nodes; grant them.", exception),
        var state => new StoreUnavailableException(
            $"PostgreSQL refused the tables of nodes with SQLSTATE {state}.", exception),
    };

    /// <summary>A layout that is not active yet, and when this Terse server first saw it.</summary>
    private sealed record Observed(IdLayout Layout, long At);
}
