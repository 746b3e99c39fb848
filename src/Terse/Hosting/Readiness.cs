namespace Terse.Hosting;

/// <summary>A component that the server needs to answer requests, such as its database.</summary>
internal interface IReadiness
{
    /// <summary>
    /// Why the load balancer should send requests to a different server, as a sentence; null while this
    /// component is ready. Load balancers query the readiness every few seconds, so the property returns the
    /// last known state and does no I/O.
    /// </summary>
    string? WhyNotReady { get; }
}

/// <summary>Decides whether the load balancer should send requests to this server.</summary>
internal sealed class Readiness(IEnumerable<IReadiness> parts, IHostApplicationLifetime lifetime)
{
    /// <summary>
    /// Returns the reasons why this server is not ready, one sentence per reason; empty while the server is
    /// ready.
    /// </summary>
    public IReadOnlyList<string> FindReasons() => lifetime.ApplicationStopping.IsCancellationRequested
        ? ["The server is shutting down."]
        : [.. parts.Select(part => part.WhyNotReady).OfType<string>()];
}
