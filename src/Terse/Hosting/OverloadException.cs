namespace Terse.Hosting;

/// <summary>
/// The server has no capacity for this request; a later attempt may succeed. The message says what to do.
/// </summary>
internal sealed class OverloadException : Exception
{
    public OverloadException()
    {
    }

    public OverloadException(string message)
        : base(message)
    {
    }

    public OverloadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
