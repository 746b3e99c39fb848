namespace Terse.Hosting;

/// <summary>
/// Reports a problem that prevents the start of the server and that the operator can fix. The message says
/// how to fix the problem.
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
