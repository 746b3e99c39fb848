namespace Terse.Hosting;

/// <summary>
/// Reports that the server cannot start for a reason that the operator can fix. The message says how.
/// </summary>
internal sealed class StartupException : Exception
{
    public StartupException()
    {
    }

    public StartupException(string message)
        : base(message)
    {
    }

    public StartupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
