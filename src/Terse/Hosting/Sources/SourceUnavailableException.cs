namespace Terse.Hosting;

/// <summary>
/// The source of the shared configuration cannot be read or written. The message says why, in a sentence for
/// operators.
/// </summary>
internal sealed class SourceUnavailableException : Exception
{
    public SourceUnavailableException()
    {
    }

    public SourceUnavailableException(string message)
        : base(message)
    {
    }

    public SourceUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
