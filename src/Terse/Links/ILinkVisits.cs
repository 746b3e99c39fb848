using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>Reads how often a link was visited.</summary>
internal interface ILinkVisits
{
    /// <summary>
    /// Returns the number of all visits since the link was created. The newest visits may not be included
    /// yet.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken);
}

/// <summary>How many visits were made by people and how many by bots.</summary>
/// <param name="Visits">The number of visits by people.</param>
/// <param name="Bots">The number of visits by programs that identify themselves as bots.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitSum(long Visits, long Bots)
{
    public VisitSum Add(VisitSum other) => new(Visits + other.Visits, Bots + other.Bots);

    public VisitSum Without(VisitSum other) => new(Visits - other.Visits, Bots - other.Bots);

    public static VisitSum Of(bool isBot, long visits) => isBot ? new(0, visits) : new(visits, 0);
}
