using System.Text.Json;

namespace Terse.Links;

/// <summary>
/// What visitors have reported about a link. All reports of a link are one row, so that nobody can fill the
/// database with reports. The addresses of visitors are not stored.
/// </summary>
/// <param name="Id">The number of the row.</param>
/// <param name="Name">The name under which the link was first reported.</param>
/// <param name="Count">How often the link was reported since its last report was closed.</param>
/// <param name="Reasons">The first reasons that were sent, at most <see cref="MaxReasons"/>.</param>
/// <param name="FirstAt">When the link was first reported.</param>
/// <param name="LastAt">When the link was last reported, with a precision of 1 ms.</param>
internal sealed record LinkReport(
    long Id,
    LinkName Name,
    long Count,
    IReadOnlyList<string> Reasons,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt)
{
    /// <summary>How many reasons are stored for a link. Later reports are only counted.</summary>
    public const int MaxReasons = 10;

    /// <summary>The maximum length of a reason in characters (Unicode scalar values).</summary>
    public const int MaxReason = 1_000;

    public ListPosition Position => new(LastAt.ToUnixTimeMilliseconds(), Id);

    /// <summary>Reads the JSON array in which a store keeps the reasons.</summary>
    public static IReadOnlyList<string> ReadReasons(string json) =>
        JsonSerializer.Deserialize(json, LinkJson.Instance.StringArray)!;
}

/// <summary>The JSON body of a report.</summary>
internal sealed class ReportFields
{
    public string? Reason { get; set; }
}

/// <summary>A report that a visitor has sent.</summary>
/// <param name="LinkId">The id of the link.</param>
/// <param name="Name">The name in the request.</param>
/// <param name="Reason">What is wrong with the link; null if the visitor did not say.</param>
/// <param name="At">The time of the report.</param>
internal sealed record SentReport(long LinkId, LinkName Name, string? Reason, DateTimeOffset At);

/// <summary>Stores the reports of visitors about links.</summary>
internal interface IReportStore
{
    /// <summary>Adds a report to those of its link.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the report was stored.
    /// </exception>
    Task AddAsync(SentReport report, CancellationToken cancellationToken);

    /// <summary>Lists reports, the link that was reported last first.</summary>
    /// <param name="before">The last report of the previous page; null for the first page.</param>
    /// <param name="limit">The maximum number of reports.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<IReadOnlyList<LinkReport>> ListAsync(
        ListPosition? before, int limit, CancellationToken cancellationToken);

    /// <summary>Finds a report; null if there is none with this id.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<LinkReport?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Closes a report: deletes it with all its reasons.</summary>
    /// <returns>False if there is none with this id.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the report was closed.
    /// </exception>
    Task<bool> CloseAsync(long id, CancellationToken cancellationToken);
}
