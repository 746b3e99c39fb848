namespace Terse.Visits;

/// <summary>
/// The database refuses visits because of their content, for example by a constraint. It was not lost, and
/// sending the same visits again has the same result until someone changes the database.
/// </summary>
internal sealed class VisitsRefusedException : Exception
{
    public VisitsRefusedException()
    {
    }

    public VisitsRefusedException(string message)
        : base(message)
    {
    }

    public VisitsRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The visits of the batch that the database has not counted.</summary>
    public IReadOnlyList<Visit> Uncounted { get; init; } = [];
}
