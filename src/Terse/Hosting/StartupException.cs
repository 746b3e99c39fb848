namespace Terse.Hosting;

/// <summary>The server cannot start, and the operator can fix the cause; the message says how.</summary>
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
