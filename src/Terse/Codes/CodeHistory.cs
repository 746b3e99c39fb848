using Terse.Ids;

namespace Terse.Codes;

/// <summary>One possible origin of a code: a strategy that creates this code from this id.</summary>
/// <param name="Strategy">The strategy that can have created the code.</param>
/// <param name="Layout">The layout of the id.</param>
/// <param name="Id">
/// The id. If the code contains only the id's tick, this is the first id of the tick: see
/// <see cref="ICodeStrategy.Encodes"/>.
/// </param>
/// <param name="Begin">The instant at which the id's tick begins.</param>
/// <param name="End">The instant at which the id's tick ends.</param>
internal sealed record CodeOrigin(
    ICodeStrategy Strategy, IdLayout Layout, Tsid Id, DateTimeOffset Begin, DateTimeOffset End);

/// <summary>
/// All id layouts that a database has ever used. From a code and these layouts, Terse computes the latest
/// time at which the code's link can have been created. When a replica has received all changes up to that
/// time and does not have the link, no other host has the link. The caller must use exactly the layouts of
/// the database snapshot in which it searched for the link, because other layouts could give an earlier
/// time.
/// </summary>
/// <param name="layouts">The layouts, the oldest layout first.</param>
/// <param name="strategies">All strategies that any version of Terse has used.</param>
internal sealed class CodeHistory(IReadOnlyList<IdLayout> layouts, IReadOnlyList<ICodeStrategy> strategies)
{
    /// <summary>
    /// Returns the latest instant at which a link with this code can have been created: the end of the id's
    /// tick. Returns <see cref="DateTimeOffset.MinValue"/> when no strategy can have created the code, and
    /// null when the code contains no time.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => ContainsTime(code)
        ? FindOrigins(code).Select(origin => origin.End).DefaultIfEmpty(DateTimeOffset.MinValue).Max()
        : null;

    /// <summary>Finds every combination of a strategy and an id that can have created a code.</summary>
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
