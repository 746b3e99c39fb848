namespace Terse.Harness;

/// <summary>What a network does with the bytes that it gets.</summary>
internal enum NetworkMode
{
    /// <summary>It forwards all bytes.</summary>
    Open,

    /// <summary>It forwards all bytes after a delay.</summary>
    Delayed,

    /// <summary>It keeps all bytes.</summary>
    BlackHole,

    /// <summary>It forwards requests and keeps responses.</summary>
    BlackHoleResponses,

    /// <summary>It resets all connections.</summary>
    Reset,
}
