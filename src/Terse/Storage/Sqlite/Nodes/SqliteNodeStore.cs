using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="INodeStore"/>
/// <remarks>Each method runs in one transaction on the writer's thread, and is therefore atomic.</remarks>
internal sealed class SqliteNodeStore(SqliteWriter writer, TimeProvider time) : INodeStore
{
    /// <inheritdoc/>
    public Task<StoredLayouts> EnsureLayoutAsync(
        string owner, DesiredLayout desired, CancellationToken cancellationToken) =>
        writer.RunAsync(session => EnsureLayout(session, owner, desired), cancellationToken);

    private StoredLayouts EnsureLayout(SqliteSession session, string owner, DesiredLayout desired)
    {
        var now = Now();
        var nodes = ReadNodes(session);
        var present = nodes.Values.Select(node => node.ReservedUntil).Append(now).Max();
        var stored = SqliteLayoutTable.Read(session);
        var running = nodes.Values.Where(node => !node.IsFree(now)).Select(node => node.Owner!);
        stored.CheckNodes(desired, owner, running);
        var updated = stored.Apply(desired, present);
        SqliteLayoutTable.Store(session, updated, storedCount: stored.Layouts.Count);
        if (updated.Layouts.Count > stored.Layouts.Count)
        {
            foreach (var node in nodes.Values)
                Store(session, node.Retire(updated.Current));
        }

        return updated;
    }

    /// <inheritdoc/>
    public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
        writer.RunAsync(SqliteLayoutTable.Read, cancellationToken);

    /// <inheritdoc/>
    public Task<NodeReservation?> ReserveAsync(
        string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Reserve(session, owner, desired, length), cancellationToken);

    private NodeReservation? Reserve(
        SqliteSession session, string owner, DesiredLayout desired, TimeSpan length)
    {
        var now = Now();
        var stored = SqliteLayoutTable.Read(session);
        if (stored.FindConflict(desired, now) is { } reason)
            throw new StoreUnavailableException(reason);
        var layout = stored.Current;
        if (NodeRow.PickFree(ReadNodes(session), layout, now) is not { } free)
            return null;
        var reserved = free.Reserve(owner, now, length);
        Store(session, reserved);
        return new(layout, reserved.Node, reserved.Epoch, free.ReservedUntil, reserved.ReservedUntil, now);
    }

    /// <inheritdoc/>
    public Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Extend(session, held, ownNow, length), cancellationToken);

    private NodeReservation? Extend(
        SqliteSession session, NodeReservation held, DateTimeOffset ownNow, TimeSpan length)
    {
        if (FindHeld(session, held) is not { } row)
            return null;
        var now = Now();
        var extended = row.Extend(now, ownNow, length);
        Store(session, extended);
        return held with { Epoch = extended.Epoch, Until = extended.ReservedUntil, Now = now };
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                if (FindHeld(session, held) is { } row)
                    Store(session, row.Release(usedUntil));
                return true;
            },
            cancellationToken);

    private const string SelectNodes = "SELECT id, owner, epoch, reserved_until FROM node";

    private static Dictionary<int, NodeRow> ReadNodes(SqliteSession session)
    {
        var rows = new Dictionary<int, NodeRow>();
        using var reader = session.Command(SelectNodes).ExecuteReader();
        while (reader.Read())
            rows.Add(reader.GetInt32(0), ReadNode(reader));
        return rows;
    }

    private const string SelectHeld =
        "SELECT id, owner, epoch, reserved_until FROM node WHERE id = ?1 AND epoch = ?2";

    private static NodeRow? FindHeld(SqliteSession session, NodeReservation held)
    {
        using var reader = session.Command(SelectHeld, (long)held.Node, held.Epoch).ExecuteReader();
        return reader.Read() ? ReadNode(reader) : null;
    }

    private const string UpsertNode =
        """
        INSERT INTO node (id, owner, epoch, reserved_until) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO UPDATE SET
            owner = excluded.owner, epoch = excluded.epoch, reserved_until = excluded.reserved_until
        """;

    public static void Store(SqliteSession session, NodeRow row) => session.Command(
        UpsertNode,
        (long)row.Node,
        row.Owner,
        row.Epoch,
        row.ReservedUntil.ToUnixTimeMilliseconds()).ExecuteNonQuery();

    private static NodeRow ReadNode(SqliteDataReader row) => new(
        row.GetInt32(0),
        row.IsDBNull(1) ? null : row.GetString(1),
        row.GetInt64(2),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));

    /// <summary>
    /// Returns the current time in whole milliseconds, because the tables store whole milliseconds.
    /// </summary>
    private DateTimeOffset Now() =>
        time.GetUtcMilliseconds();
}
