using Terse.Ids;

namespace Terse.Codes;

/// <summary>A way in which a code can have come about.</summary>
/// <param name="Strategy">Which strategy can have made it.</param>
/// <param name="Layout">By which layout its id was minted.</param>
/// <param name="Id">The id, or the first of its tick, as <see cref="ICodeStrategy.Content"/> says.</param>
/// <param name="Begin">When the tick of its id begins.</param>
/// <param name="End">When that tick ends.</param>
internal sealed record CodeReading(
    ICodeStrategy Strategy, IdLayout Layout, Tsid Id, DateTimeOffset Begin, DateTimeOffset End);

/// <summary>
/// All layouts that a database ever minted by. From a code it tells when the code's link can have been
/// created: a look at a replica that is complete up to then needs no second one elsewhere. To say that of a
/// lookup, the layouts have to be those of the lookup's own snapshot.
/// </summary>
/// <param name="layouts">The oldest first.</param>
/// <param name="strategies">All that can ever have been in use.</param>
internal sealed class CodeHistory(IReadOnlyList<IdLayout> layouts, IReadOnlyList<ICodeStrategy> strategies)
{
    /// <summary>
    /// The latest instant at which a link with this code can have been created, to the end of the tick; the
    /// earliest of all instants where no strategy can have made it; null for a code that tells no time.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => TellsTime(code)
        ? Read(code).Select(reading => reading.End).DefaultIfEmpty(DateTimeOffset.MinValue).Max()
        : null;

    /// <summary>Every way in which the code can have come about.</summary>
    public IEnumerable<CodeReading> Read(string code)
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

    private static bool TellsTime(string code) => code.Length > 0 && char.IsAsciiDigit(code[0]);
}
