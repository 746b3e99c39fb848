using Terse.Events;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>Adds the events about visits, in the transaction that counts them.</summary>
internal sealed class SqliteVisitEvents(VisitOptIn optIn)
{
    private const string MayLinkOptIn = "SELECT EXISTS (SELECT 1 FROM visit_event_link)";

    private const string SelectLink =
        $"SELECT {SqliteLinkStore.Columns} FROM link WHERE id = ?1 AND alias_of IS NULL";

    /// <summary>Adds one event for each link of the counted visits that is opted in.</summary>
    public void Add(SqliteSession session, BatchCounts counts)
    {
        if (!optIn.HasAny && (long)session.Command(MayLinkOptIn).ExecuteScalar()! == 0)
            return;
        var optedIn = optIn.Read();
        var times = counts.Visits.ToLookup(visit => visit.Link.ToInt64(), visit => visit.At.UtcDateTime);
        foreach (var (id, sum) in counts.Totals)
        {
            if (Find(session, id) is not { } link || !optedIn.Includes(link.Domain, link.Settings))
                continue;
            var data = new VisitData(
                sum.Visits, sum.Bots, times[id].Min(), times[id].Max(), link.Settings.Tags ?? []);
            SqliteNewEvents.Add(
                session,
                EventTypes.LinkVisited,
                $"{link.Domain}/{LinkCodes.Current(link)}",
                (id, link.Version),
                data.Write());
        }
    }

    private static Link? Find(SqliteSession session, long id)
    {
        using var row = session.Command(SelectLink, id).ExecuteReader();
        return row.Read() ? SqliteLinkStore.ReadLink(row) : null;
    }
}
