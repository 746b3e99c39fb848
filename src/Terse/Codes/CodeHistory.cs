using Terse.Ids;

namespace Terse.Codes;

/// <summary>One possible origin of a code: a strategy that creates this code from this id.</summary>
/// <param name="Strategy">The strategy that can have created the code.</param>
/// <param name="Layout">The layout of the id.</param>
/// <param name="Id">
/// The id that the strategy reads from the code. If the code contains only the tick of an id
/// (<see cref="ICodeStrategy.Encodes"/>), the first id of that tick. A tick is the unit of an id's timestamp.
/// </param>
/// <param name="Begin">The instant at which the tick of the id begins.</param>
/// <param name="End">The instant at which the tick of the id ends.</param>
internal sealed record CodeOrigin(
    ICodeStrategy Strategy, IdLayout Layout, Tsid Id, DateTimeOffset Begin, DateTimeOffset End);

/// <summary>
/// Computes the latest time at which the link with a given code can have been created. The computation needs
/// all id layouts that the database has ever used. When a replica has received all changes up to the computed
/// time and does not have the link, no other PostgreSQL host has the link. The caller must read the layouts
/// in the same database snapshot in which it searched for the link, because with layouts from a different
/// snapshot the computed time can be too early.
/// </summary>
/// <param name="layouts">The layouts, the oldest layout first.</param>
/// <param name="strategies">All strategies that any version of Terse has used.</param>
/// <param name="canDecrypt">
/// Whether this server has the secret of the opaque layouts. Another server may have added the first opaque
/// layout while this server was running without its secret.
/// </param>
internal sealed class CodeHistory(
    IReadOnlyList<IdLayout> layouts, IReadOnlyList<ICodeStrategy> strategies, bool canDecrypt)
{
    private readonly bool _canReadTimes = canDecrypt || !layouts.Any(layout => layout.Opaque);

    /// <summary>
    /// Returns the latest instant at which a link with this code can have been created: the end of the id's
    /// tick. Returns <see cref="DateTimeOffset.MinValue"/> when no strategy can have created the code, and
    /// null when the code contains no time that this server can read. Without the secret, this server can
    /// read no time, because every code that begins with a digit may be opaque.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => _canReadTimes && ContainsTime(code)
        ? FindOrigins(code).Select(origin => origin.End).DefaultIfEmpty(DateTimeOffset.MinValue).Max()
        : null;

    /// <summary>
    /// Finds every combination of a strategy and an id that can have created a code. If any layout has
    /// encrypted (opaque) codes, this server must have the secret.
    /// </summary>
    public IEnumerable<CodeOrigin> FindOrigins(string code)
    {
        for (var index = 0; index < layouts.Count; index++)
        {
            var layout = layouts[index];
            var until = index + 1 < layouts.Count ? layouts[index + 1].Since : DateTimeOffset.MaxValue;
            foreach (var strategy in strategies)
            {
                if (strategy.TryReadId(code, layout, out var id)
                    && layout.TryBoundsOf(id, out var begin, out var end)
                    && begin >= layout.Since
                    && end <= until)
                {
                    yield return new(strategy, layout, id, begin, end);
                }
            }
        }
    }

    private static bool ContainsTime(string code) => code.Length > 0 && char.IsAsciiDigit(code[0]);
}
