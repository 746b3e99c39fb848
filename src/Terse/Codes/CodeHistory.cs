using Terse.Ids;

namespace Terse.Codes;

/// <summary>A possible origin of a code: the strategy and the id that explain it.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Layout">The layout of the id.</param>
/// <param name="Id">The id, or the first id of its tick: see <see cref="ICodeStrategy.Encodes"/>.</param>
/// <param name="Begin">The start of the id's tick.</param>
/// <param name="End">The end of that tick.</param>
internal sealed record CodeOrigin(
    ICodeStrategy Strategy, IdLayout Layout, Tsid Id, DateTimeOffset Begin, DateTimeOffset End);

/// <summary>
/// All layouts that a database ever minted ids with. The history tells when the link of a code can have been
/// created at the latest. When a replica is complete up to that instant and does not have the link, no other
/// host has it. The history must contain exactly the layouts of the snapshot that the lookup read.
/// </summary>
/// <param name="layouts">The layouts, the oldest first.</param>
/// <param name="strategies">All strategies that any version of Terse has used.</param>
internal sealed class CodeHistory(IReadOnlyList<IdLayout> layouts, IReadOnlyList<ICodeStrategy> strategies)
{
    /// <summary>
    /// The latest instant at which a link with this code can have been created: the end of its tick. <see
    /// cref="DateTimeOffset.MinValue"/> when no strategy explains the code; null when the code contains no
    /// time.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => ContainsTime(code)
        ? FindOrigins(code).Select(origin => origin.End).DefaultIfEmpty(DateTimeOffset.MinValue).Max()
        : null;

    /// <summary>Finds all possible origins of a code.</summary>
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
