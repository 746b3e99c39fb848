using Terse.Events;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <summary>
/// Writes the events about the visits of a batch, one for each link that is opted in, in the transaction that
/// counts the batch. Without such a link, a batch costs one short statement more.
/// </summary>
internal sealed class PostgresVisitEvents(VisitOptIn optIn)
{
    private bool _hasTables;

    /// <summary>Writes the events. The last part of a transaction, because it holds back beats.</summary>
    public async Task WriteAsync(
        WriteTransaction write, BatchCounts counts, CancellationToken cancellationToken)
    {
        if (counts.Totals.Count == 0 || !await MayHaveEventsAsync(write, cancellationToken))
            return;
        var links = await ReadLinksAsync(write, counts, cancellationToken);
        if (links.Count == 0)
            return;
        await using var insert = PostgresVisitTransactions.CreateCommand(write, InsertEvents);
        var visits = counts.Visits.ToLookup(visit => visit.Link.ToInt64());
        insert.BindColumn(links, link => link.Subject);
        insert.BindColumn(links, link => link.Id);
        insert.BindColumn(links, link => link.Version);
        insert.BindColumn(links, link => DataOf(visits[link.Id], link.Tags).Write());
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The schema of the version before lacks the tables.</summary>
    private const string SelectHasTables = "SELECT to_regclass('visit_event_link') IS NOT NULL";

    private const string SelectHasOptIn = "SELECT EXISTS (SELECT FROM visit_event_link)";

    private async Task<bool> MayHaveEventsAsync(WriteTransaction write, CancellationToken cancellationToken)
    {
        _hasTables = _hasTables || await ReadFlagAsync(write, SelectHasTables, cancellationToken);
        return _hasTables && (optIn.HasAny || await ReadFlagAsync(write, SelectHasOptIn, cancellationToken));
    }

    private static async Task<bool> ReadFlagAsync(
        WriteTransaction write, string statement, CancellationToken cancellationToken)
    {
        await using var select = PostgresVisitTransactions.CreateCommand(write, statement);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private const string SelectLinks =
        """
        SELECT id, link_subject(domain, code, later_codes), version, settings, domain
        FROM link WHERE id = ANY ($1) AND target <> '' ORDER BY id
        """;

    private async Task<List<VisitedLink>> ReadLinksAsync(
        WriteTransaction write, BatchCounts counts, CancellationToken cancellationToken)
    {
        var optedIn = optIn.Read();
        await using var select = PostgresVisitTransactions.CreateCommand(write, SelectLinks);
        select.BindColumn(counts.Totals, total => total.Key);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var links = new List<VisitedLink>();
        while (await row.ReadAsync(cancellationToken))
        {
            var settings = StoredSettings.Read(PostgresEventRows.ReadText(row, 3));
            if (optedIn.Includes(row.GetString(4), settings))
                links.Add(new(row.GetInt64(0), row.GetString(1), row.GetInt32(2), settings.Tags ?? []));
        }

        return links;
    }

    private static VisitData DataOf(IEnumerable<Visit> visits, IReadOnlyList<string> tags)
    {
        var all = visits.ToList();
        var bots = all.Count(visit => visit.IsBot);
        return new(
            all.Count - bots,
            bots,
            all.Min(visit => visit.At).UtcDateTime,
            all.Max(visit => visit.At).UtcDateTime,
            tags);
    }

    private const string InsertEvents =
        $"""
        INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
        SELECT (SELECT horizon_instant()), '{EventTypes.LinkVisited}', v.*, (SELECT event_waits())
        FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[]) AS v(subject, link_id, version, data)
        """;

    private sealed record VisitedLink(long Id, string Subject, int Version, IReadOnlyList<string> Tags);
}
