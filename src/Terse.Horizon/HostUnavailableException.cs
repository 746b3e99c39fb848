namespace Terse.Horizon;

/// <summary>
/// Is thrown when no suitable host can be reached, or when a host fails during a call. The caller can try
/// again later. When the connection was lost during a write, the write may or may not have been committed.
/// </summary>
public sealed class HostUnavailableException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public HostUnavailableException()
    {
    }

    /// <summary>Creates an exception with a message that names the host and the reason.</summary>
    public HostUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and the error that caused it.</summary>
    public HostUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether the host or the connection to it was lost, or the host is not the primary. Then the call can
    /// succeed as soon as a primary is known. False when the host was only slow or refused this call: trying
    /// again would add load to it.
    /// </summary>
    public bool IsHostLost => InnerException is null || HostErrors.IsLost(InnerException);

    internal static HostUnavailableException From(string host, Exception exception) =>
        new($"Host {host}: {exception.Message}", exception);
}
