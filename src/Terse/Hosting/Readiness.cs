namespace Terse.Hosting;

/// <summary>
/// A component that the server needs to answer requests, such as its database. Load balancers query the
/// readiness every few seconds, so the properties return the last known state and do no I/O.
/// </summary>
internal interface IReadiness
{
    /// <summary>
    /// Why this server cannot redirect, as a sentence; null while this component does not prevent redirects.
    /// </summary>
    string? WhyNoRedirects => null;

    /// <summary>
    /// Why this server cannot create links although it can redirect, as a sentence; null while this component
    /// does not prevent creations.
    /// </summary>
    string? WhyNoCreations => null;
}

/// <summary>Decides whether the load balancer should send requests to this server.</summary>
internal sealed class Readiness(IEnumerable<IReadiness> parts, Drain drain)
{
    /// <summary>
    /// Returns the reasons why this server should receive no requests, one sentence per reason; empty while
    /// the server is ready.
    /// </summary>
    public IReadOnlyList<string> FindReasons() => drain.HasBegun
        ? ["The server is shutting down."]
        : [.. parts.Select(part => part.WhyNoRedirects).OfType<string>()];

    /// <summary>
    /// Returns the reasons why this server should receive no requests that create links, one sentence per
    /// reason; empty while the server can create links.
    /// </summary>
    public IReadOnlyList<string> FindReasonsAgainstCreations() => drain.HasBegun
        ? FindReasons()
        : [.. FindReasons(), .. parts.Select(part => part.WhyNoCreations).OfType<string>()];
}
