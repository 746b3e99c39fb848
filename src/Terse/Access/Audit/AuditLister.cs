namespace Terse.Access;

/// <summary>
/// Lists the audit. A page reads a limited number of rows and keeps those that the filter lets through, so no
/// filter takes long; a page may be short, or even empty, and say where the next one continues.
/// </summary>
internal sealed class AuditLister(IAuditReader reader)
{
    private const int Chunk = 500;

    /// <summary>How many rows a page reads at most.</summary>
    private const int MaxExamined = 5_000;

    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    public async Task<(IReadOnlyList<AuditRow> Rows, AuditPosition? Next)> ListAsync(
        AuditFilter filter, AuditPosition? after, int limit, CancellationToken cancellationToken)
    {
        var found = new List<AuditRow>();
        var position = after;
        for (var examined = 0; examined < MaxExamined; examined += Chunk)
        {
            var rows = await reader.ReadAsync(position, filter.LinkId, Chunk, cancellationToken);
            foreach (var row in rows)
            {
                if (row.At < filter.From)
                    return (found, null); // All further rows are older.
                if (found.Count == limit)
                    return (found, position);
                position = row.Position;
                if (filter.Matches(row))
                    found.Add(row);
            }

            if (rows.Count < Chunk)
                return (found, null);
        }

        return (found, position);
    }
}

/// <summary>Which rows of the audit a list contains. A null means any.</summary>
internal sealed record AuditFilter
{
    public string? KeyId { get; init; }

    /// <summary>An action such as <c>link.change</c>, or its first part, such as <c>link</c>.</summary>
    public string? Action { get; init; }

    public string? Subject { get; init; }

    public long? LinkId { get; init; }

    /// <summary>At or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool Matches(AuditRow row) =>
        (KeyId is null || row.KeyId == KeyId)
        && (Action is null || row.Action == Action
            || row.Action.StartsWith(Action + ".", StringComparison.Ordinal))
        && (Subject is null || row.Subject == Subject)
        && !(row.At >= Until);
}
