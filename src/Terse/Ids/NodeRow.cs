namespace Terse.Ids;

/// <summary>
/// The stored row of a node, and the rules by which it changes. All stores share these rules and differ only
/// in their SQL.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Owner">The server that reserved the node; null after a release.</param>
/// <param name="Epoch">Grows with every change.</param>
/// <param name="ReservedUntil">
/// The end of the latest reservation. Before it only the owner mints with the node; from it on the owner
/// stops.
/// </param>
internal sealed record NodeRow(int Node, string? Owner, long Epoch, DateTimeOffset ReservedUntil)
{
    /// <summary>No valid reservation ends further ahead of the clock by which it was granted.</summary>
    private static readonly TimeSpan MaxLead = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Picks the node to reserve, in this order: a node that was released or whose reservation ended; a node
    /// that was never reserved; a node whose reservation ends so far ahead that the clock must have been set
    /// back.
    /// </summary>
    /// <remarks>
    /// Of several released nodes the one with the latest end is picked, so that after a clock was set back
    /// new ids still sort after the existing ones. Taking a node from a living owner is safe: the new
    /// reservation begins where the old one ends.
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
    /// The row after a server reserved the node. The new reservation begins at <see cref="ReservedUntil"/>,
    /// which is after all earlier reservations, whatever the clock shows.
    /// </summary>
    public NodeRow Reserve(string owner, DateTimeOffset now, TimeSpan length) =>
        new(Node, owner, Epoch + 1, Later(ReservedUntil, now) + length);

    /// <summary>The row after its owner extended the reservation; the end never moves back.</summary>
    public NodeRow Extend(DateTimeOffset now, DateTimeOffset ownNow, TimeSpan length) => this with
    {
        Epoch = Epoch + 1,
        ReservedUntil = Later(ReservedUntil, Later(now, ownNow) + length),
    };

    /// <summary>The row after its owner released the node.</summary>
    public NodeRow Release(DateTimeOffset usedUntil) =>
        this with { Owner = null, Epoch = Epoch + 1, ReservedUntil = usedUntil };

    /// <summary>The row after a new layout began, which is not before the end of any reservation.</summary>
    public NodeRow Retire(IdLayout next) => Release(next.Since);

    private bool IsFree(DateTimeOffset now) => Owner is null || ReservedUntil <= now;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) =>
        left > right ? left : right;
}
