namespace Terse.Ids;

/// <summary>What a store keeps of a node, and by which rules it changes; stores differ in SQL.</summary>
/// <param name="Node">The node.</param>
/// <param name="Owner">Who holds it, or null where it was given back.</param>
/// <param name="Epoch">Grows with every change.</param>
/// <param name="ReservedUntil">The mark: only the owner mints before it, and not even he after.</param>
internal sealed record NodeRow(int Node, string? Owner, long Epoch, DateTimeOffset ReservedUntil)
{
    /// <summary>More than any reservation reaches beyond the clock that it was given by.</summary>
    private static readonly TimeSpan MaxLead = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The node to take: one that was given back, or whose owner let it lapse; of those the one with the
    /// latest mark, so that a clock that was set back makes no ids that sort before those already made. Then
    /// one that was never held; then one whose mark stands so far ahead that the clock was set back since.
    /// Its owner, if it lives, loses nothing but the node, as every new owner begins after the mark.
    /// </summary>
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
    /// The row when the node is taken. The reservation begins where the mark stands, strictly after all that
    /// was ever given away, wherever the clock stands.
    /// </summary>
    public NodeRow Take(string owner, DateTimeOffset now, TimeSpan length) =>
        new(Node, owner, Epoch + 1, Later(ReservedUntil, now) + length);

    /// <summary>The row when its owner extends it; the mark never moves back.</summary>
    public NodeRow Extend(DateTimeOffset now, DateTimeOffset ownNow, TimeSpan length) => this with
    {
        Epoch = Epoch + 1,
        ReservedUntil = Later(ReservedUntil, Later(now, ownNow) + length),
    };

    /// <summary>The row when its owner gives it back.</summary>
    public NodeRow GiveBack(DateTimeOffset usedUntil) =>
        this with { Owner = null, Epoch = Epoch + 1, ReservedUntil = usedUntil };

    /// <summary>The row when another layout begins, at an instant no earlier than any node's mark.</summary>
    public NodeRow Retire(IdLayout next) => GiveBack(next.Since);

    private bool IsFree(DateTimeOffset now) => Owner is null || ReservedUntil <= now;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) =>
        left > right ? left : right;
}
