namespace Terse.Planning;

/// <summary>What an installation has to carry.</summary>
/// <param name="Links">The links in the database.</param>
/// <param name="Redirects">Redirects a second, with those that a CDN answers.</param>
/// <param name="Creates">Creations a second.</param>
/// <param name="Visits">
/// The redirects a second that reach the servers, which count and store each as a visit; a CDN answers the
/// others.
/// </param>
internal sealed record Workload(double Links, double Redirects, double Creates, double Visits)
{
    /// <summary>The share of the visits whose link is in the memory of a server, 0 to 1.</summary>
    public double CachedShare { get; init; } = 0.95;

    /// <summary>How many days single visits are stored (<c>Visits:Retention</c>).</summary>
    public double RetentionDays { get; init; } = 90;

    /// <summary>After how many years the length of new codes is shown.</summary>
    public int Years { get; init; } = 10;

    /// <summary>The redirects a second that a database answers.</summary>
    public double Lookups => Visits * (1 - CachedShare);

    /// <summary>Whether a CDN answers redirects.</summary>
    public bool HasCdn => Visits < Redirects;

    /// <summary>The same load on one of several installations that share it evenly.</summary>
    public Workload DividedBy(int installations) => this with
    {
        Links = Links / installations,
        Redirects = Redirects / installations,
        Creates = Creates / installations,
        Visits = Visits / installations,
    };
}
