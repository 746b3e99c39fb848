using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>Reads the number of visits of a link.</summary>
internal interface ILinkVisits
{
    /// <summary>
    /// All visits of a link since its creation. The newest visits may be missing for a moment.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken);
}

/// <summary>Numbers of visits by people and by bots.</summary>
/// <param name="Visits">Visits by people.</param>
/// <param name="Bots">Visits by programs that identify themselves as bots.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitSum(long Visits, long Bots)
{
    public VisitSum Add(VisitSum other) => new(Visits + other.Visits, Bots + other.Bots);

    public VisitSum Without(VisitSum other) => new(Visits - other.Visits, Bots - other.Bots);

    public static VisitSum Of(bool isBot, long visits) => isBot ? new(0, visits) : new(visits, 0);
}
