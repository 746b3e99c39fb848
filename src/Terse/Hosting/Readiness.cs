namespace Terse.Hosting;

/// <summary>A part of the server that requests need, such as its database.</summary>
internal interface IReadiness
{
    /// <summary>
    /// Why the load balancer should send requests to another server, as a sentence; null while this part is
    /// ready. Load balancers read it every few seconds, so it returns the last known state and does no I/O.
    /// </summary>
    string? WhyNotReady { get; }
}

/// <summary>Whether the load balancer should send requests to this server.</summary>
internal sealed class Readiness(IEnumerable<IReadiness> parts, IHostApplicationLifetime lifetime)
{
    /// <summary>Why this server is not ready, as sentences; empty while it is ready.</summary>
    public IReadOnlyList<string> FindReasons() => lifetime.ApplicationStopping.IsCancellationRequested
        ? ["The server is shutting down."]
        : [.. parts.Select(part => part.WhyNotReady).OfType<string>()];
}
