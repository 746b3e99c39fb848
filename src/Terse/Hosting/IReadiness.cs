namespace Terse.Hosting;

/// <summary>A part of the server that requests need.</summary>
internal interface IReadiness
{
    /// <summary>
    /// Why requests had better go to another server, in a sentence; null where they need not. It is asked
    /// again and again by load balancers, so it says what is known and asks nobody.
    /// </summary>
    string? WhyNotReady { get; }
}
