using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkCleanup"/>
/// <remarks>
/// Reads the names in their order, on a connection that does not block the writer. After a restart, the first
/// pass begins at the first name again; links that are erased already are not found again.
/// </remarks>
internal sealed class SqliteLinkCleanup(SqliteReaders readers) : ILinkCleanup
{
    /// <summary>The number of links in a page, which take about 10 ms to read.</summary>
    private const int PageSize = 5_000;

    private LinkName _last = new("", "");

    private const string SelectPage =
        """
        SELECT domain, code, target <> '' AND CASE WHEN deleted_at IS NULL
            THEN coalesce(expires_at < ?4, 0) ELSE deleted_at < ?3 END
        FROM link WHERE (domain, code) > (?1, ?2)
        ORDER BY domain, code LIMIT ?5
        """;

    /// <inheritdoc/>
    public Task<CleanupPage?> ReadPageAsync(CleanupTimes times, CancellationToken cancellationToken)
    {
        var (page, last) = readers.Run(ReadPage, (_last, times));
        _last = page.IsLast ? new("", "") : last;
        return Task.FromResult<CleanupPage?>(page);
    }

    private static (CleanupPage Page, LinkName Last) ReadPage(
        SqliteSession session, (LinkName After, CleanupTimes Times) call)
    {
        var (after, times) = call;
        var row = session.Rows(SelectPage)
            .With(after.Domain)
            .With(after.Code)
            .With(MillisecondsOf(times.DeletedBefore))
            .With(MillisecondsOf(times.ExpiredBefore))
            .With(PageSize);
        var (old, last, count) = (new List<LinkName>(), after, 0);
        while (row.Read())
        {
            last = new(row.Text(0), row.Text(1));
            count++;
            if (row.Number(2) != 0)
                old.Add(last);
        }

        return (new(old, IsLast: count < PageSize), last);
    }

    private static long MillisecondsOf(DateTimeOffset? time) =>
        time?.ToUnixTimeMilliseconds() ?? long.MinValue;
}
