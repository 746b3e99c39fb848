namespace Terse.Harness;

/// <summary>Names what a proxy does with the bytes that the proxy receives.</summary>
internal enum NetworkMode
{
    /// <summary>The proxy forwards all bytes.</summary>
    Open,

    /// <summary>The proxy forwards all bytes after a delay.</summary>
    Delayed,

    /// <summary>The proxy forwards no bytes and keeps the connections open.</summary>
    BlackHole,

    /// <summary>The proxy forwards requests, and keeps responses until the mode changes.</summary>
    BlackHoleResponses,

    /// <summary>The proxy resets all connections.</summary>
    Reset,
}
