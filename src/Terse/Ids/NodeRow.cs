namespace Terse.Ids;

/// <summary>
/// The stored row of a node, and the rules by which the row changes. A node is a number that one server at a
/// time reserves to mint ids. All stores share the rules and differ only in their SQL.
/// </summary>
/// <param name="Node">The number of the node.</param>
/// <param name="Owner">The server that reserved the node; null after a release.</param>
/// <param name="Epoch">Counts the changes of the row: each change adds 1.</param>
/// <param name="ReservedUntil">
/// The end of the latest reservation. Before this instant only the owner mints ids with the node; from this
/// instant on the owner mints no ids.
/// </param>
internal sealed record NodeRow(int Node, string? Owner, long Epoch, DateTimeOffset ReservedUntil)
{
    /// <summary>
    /// How far the end of a valid reservation can lie ahead of the clock. If a reservation ends even later,
    /// the clock was set back after the reservation was made.
    /// </summary>
    private static readonly TimeSpan MaxLead = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Picks the node to reserve, in this order: a node that was released or whose reservation ended; a node
    /// that was never reserved; a node whose reservation ends so far in the future that the clock must have
    /// been set back. Returns null if there is no such node.
    /// </summary>
    /// <remarks>
    /// Of several nodes that were released or whose reservation ended, the method picks the node whose
    /// reservation has the latest end. So new ids are greater than the existing ids even after a clock was
    /// set back. A node of the last kind can belong to a running server. To reserve that node is safe,
    /// because the new reservation begins where the old reservation ends.
    /// </remarks>
    public static NodeRow? PickFree(
        IReadOnlyDictionary<int, NodeRow> rows, IdLayout layout, DateTimeOffset now)
    {
        NodeRow? free = null;
        NodeRow? unused = null;
        NodeRow? stranded = null;
        for (var node = 0; node < layout.Ids.NodeCount; node++)
        {
            if (!rows.TryGetValue(node, out var row))
                unused ??= new NodeRow(node, Owner: null, Epoch: 0, layout.Since);
            else if (row.IsFree(now) && !(free?.ReservedUntil >= row.ReservedUntil))
                free = row;
            else if (row.ReservedUntil > now + MaxLead)
                stranded ??= row;
        }

        return free ?? unused ?? stranded;
    }

    /// <summary>
    /// Returns the row after a server has reserved the node. The new reservation begins at
    /// <see cref="ReservedUntil"/>, so it overlaps no earlier reservation, even if the clock is wrong.
    /// </summary>
    public NodeRow Reserve(string owner, DateTimeOffset now, TimeSpan length) =>
        new(Node, owner, Epoch + 1, Later(ReservedUntil, now) + length);

    /// <summary>
    /// Returns the row after the owner has extended its reservation. The end of a reservation never moves
    /// back.
    /// </summary>
    public NodeRow Extend(DateTimeOffset now, DateTimeOffset ownNow, TimeSpan length) => this with
    {
        Epoch = Epoch + 1,
        ReservedUntil = Later(ReservedUntil, Later(now, ownNow) + length),
    };

    /// <summary>Returns the row after the owner has released the node.</summary>
    public NodeRow Release(DateTimeOffset usedUntil) =>
        this with { Owner = null, Epoch = Epoch + 1, ReservedUntil = usedUntil };

    /// <summary>
    /// Returns the row after a new layout has begun. The layout begins at or after the end of every
    /// reservation.
    /// </summary>
    public NodeRow Retire(IdLayout next) => Release(next.Since);

    public bool IsFree(DateTimeOffset now) => Owner is null || ReservedUntil <= now;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) =>
        left > right ? left : right;
}
