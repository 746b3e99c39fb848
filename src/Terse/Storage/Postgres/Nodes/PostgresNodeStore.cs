using Npgsql;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="INodeStore"/>
/// <remarks>
/// Each is one transaction on the primary that locks the table of nodes, and so reads and writes in one step.
/// The clock is the primary's.
/// </remarks>
internal sealed class PostgresNodeStore(Cluster cluster) : INodeStore
{
    /// <inheritdoc/>
    public Task<StoredLayouts> OpenAsync(DesiredLayout wish, CancellationToken cancellationToken) =>
        WriteAsync(wish, OpenAsync, cancellationToken);

    private static async Task<StoredLayouts> OpenAsync(
        LockedNodes nodes, DesiredLayout wish, CancellationToken cancellationToken)
    {
        var present = nodes.Rows.Values.Select(node => node.ReservedUntil).Append(nodes.Now).Max();
        var stored = await PostgresLayoutRows.ReadAsync(nodes.Write.AsRead, cancellationToken);
        var wished = stored.Follow(wish, present);
        await PostgresLayoutRows.StoreAsync(nodes.Write, wished, stored.Layouts.Count, cancellationToken);
        if (wished.Layouts.Count > stored.Layouts.Count)
        {
            foreach (var node in nodes.Rows.Values)
                await nodes.StoreAsync(node.Retire(wished.Current), cancellationToken);
        }

        return wished;
    }

    /// <inheritdoc/>
    public async Task<StoredLayouts> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.ReadAsync(
                Freshness.Latest,
                argument: 0,
                static (read, _, token) => PostgresLayoutRows.ReadAsync(read, token),
                cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw NoSchema(exception);
        }
    }

    /// <inheritdoc/>
    public Task<NodeReservation?> TakeAsync(
        string owner, DesiredLayout wish, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((owner, wish, length), TakeAsync, cancellationToken);

    private static async Task<NodeReservation?> TakeAsync(
        LockedNodes nodes,
        (string Owner, DesiredLayout Wish, TimeSpan Length) asked,
        CancellationToken cancellationToken)
    {
        var record = await PostgresLayoutRows.ReadAsync(nodes.Write.AsRead, cancellationToken);
        if (record.WhyNotServed(asked.Wish, nodes.Now) is { } reason)
            throw new StoreUnavailableException(reason);
        if (await IsTooYoungAsync(nodes.Write, cancellationToken))
        {
            var notice = LayoutLease.Notice.TotalSeconds;
            throw new StoreUnavailableException(
                $"A new layout of ids begins; within {notice:0} s every server knows it.");
        }

        if (NodeRow.PickFree(nodes.Rows, record.Current, nodes.Now) is not { } free)
            return null;
        var taken = free.Take(asked.Owner, nodes.Now, asked.Length);
        await nodes.StoreAsync(taken, cancellationToken);
        return new(
            record.Current, taken.Node, taken.Epoch, free.ReservedUntil, taken.ReservedUntil, nodes.MintNow);
    }

    private const string SelectTooYoung =
        """
        SELECT count(*) FROM id_layout
        WHERE number > 1 AND pg_catalog.clock_timestamp() BETWEEN stored_at AND stored_at + $1
        """;

    private static async Task<bool> IsTooYoungAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectTooYoung);
        select.Bind(LayoutLease.Notice);
        return (long)(await select.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    /// <inheritdoc/>
    public Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((held, ownNow, length), ExtendAsync, cancellationToken);

    private static async Task<NodeReservation?> ExtendAsync(
        LockedNodes nodes,
        (NodeReservation Held, DateTimeOffset OwnNow, TimeSpan Length) asked,
        CancellationToken cancellationToken)
    {
        if (nodes.FindHeld(asked.Held) is not { } row)
            return null;
        var extended = row.Extend(nodes.Now, asked.OwnNow, asked.Length);
        await nodes.StoreAsync(extended, cancellationToken);
        return asked.Held with
        {
            Epoch = extended.Epoch,
            Until = extended.ReservedUntil,
            Now = nodes.MintNow,
        };
    }

    /// <inheritdoc/>
    public Task GiveBackAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
        WriteAsync((held, usedUntil), GiveBackAsync, cancellationToken);

    private static async Task<bool> GiveBackAsync(
        LockedNodes nodes,
        (NodeReservation Held, DateTimeOffset UsedUntil) asked,
        CancellationToken cancellationToken)
    {
        if (nodes.FindHeld(asked.Held) is { } row)
            await nodes.StoreAsync(row.GiveBack(asked.UsedUntil), cancellationToken);
        return true;
    }

    private async Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<LockedNodes, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.WriteAsync(
                (argument, work),
                static async (write, call, token) =>
                    await call.work(await LockedNodes.LockAsync(write, token), call.argument, token),
                cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw NoSchema(exception);
        }
    }

    private static StoreUnavailableException NoSchema(PostgresException exception) =>
        new("The database has no schema yet; run 'terse migrate'.", exception);
}
