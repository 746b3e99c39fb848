namespace Terse.Hosting;

/// <summary>The database cannot be reached or is overloaded; a later attempt may succeed.</summary>
internal sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException()
    {
    }

    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether the primary was lost or is being replaced. The work can then be tried again as soon as there
    /// is a primary; it is unknown whether the failed attempt was stored.
    /// </summary>
    public bool IsPrimaryLost { get; init; }

    /// <summary>
    /// Whether the database can be reached, but has no capacity for this call. False if it is unknown whether
    /// the database can be reached.
    /// </summary>
    public bool IsOverload { get; init; }

    /// <summary>
    /// Whether the database has the schema of an earlier version. It has so for a while in a rolling update.
    /// </summary>
    public bool IsOfEarlierSchema { get; init; }
}
