using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>How often a link was followed, as far as the link itself tells.</summary>
internal interface ILinkVisits
{
    /// <summary>All visits of a link, ever. They may lag behind what was counted last.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken);
}

/// <summary>A number of visits, those of programs apart.</summary>
/// <param name="Visits">Those of people.</param>
/// <param name="Bots">Those of programs that say so.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitSum(long Visits, long Bots)
{
    public VisitSum Add(VisitSum other) => new(Visits + other.Visits, Bots + other.Bots);

    public VisitSum Without(VisitSum other) => new(Visits - other.Visits, Bots - other.Bots);

    public static VisitSum Of(bool isBot, long visits) => isBot ? new(0, visits) : new(visits, 0);
}
