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
