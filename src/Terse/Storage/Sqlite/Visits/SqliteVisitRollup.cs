using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitRollup"/>
/// <remarks>
/// Also moves the counts of the previous version of Terse from <c>visit_count</c> and <c>missed_visit</c> to
/// <c>hour_count</c>. Deleting and adding is one transaction.
/// </remarks>
internal sealed class SqliteVisitRollup(SqliteWriter writer, TimeProvider time) : IVisitRollup
{
    /// <summary>
    /// The maximum number of rows that one transaction moves. Such a transaction takes about 10 ms.
    /// </summary>
    private const int MaxRows = 300;

    /// <inheritdoc/>
    public Task<bool> RollUpAsync(CancellationToken cancellationToken)
    {
        var first = DayCount.FirstHourAt(time.GetUtcNow());
        return writer.RunAsync(session => RollUp(session, first), cancellationToken);
    }

    private static bool RollUp(SqliteSession session, long firstHour)
    {
        var days = TakeHours(session, firstHour).InOrder;
        SqliteCountRows.AddToDays(session, days);
        if (days.Count > 0)
            return true;

        var hours = new CountRows();
        TakeValues(session, hours);
        TakeMissed(session, hours);
        SqliteCountRows.AddToHours(session, hours.InOrder);
        if (hours.InOrder.Count > 0)
            return true;
        SqliteVisitRuns.DeleteOldRuns(session);
        return false;
    }

    private const string SelectOldHours =
        """
        SELECT hour, link_id, visits, bot_visits, by_value FROM hour_count
        WHERE hour < ?1 ORDER BY hour, link_id LIMIT ?2
        """;

    private const string DeleteHour = "DELETE FROM hour_count WHERE hour = ?1 AND link_id = ?2";

    private static CountRows TakeHours(SqliteSession session, long firstHour)
    {
        var (days, taken) = (new CountRows(), new List<(long Hour, long Link)>());
        var row = session.Rows(SelectOldHours).With(firstHour).With(MaxRows);
        while (row.Read())
        {
            var (hour, link) = (row.Number(0), row.Number(1));
            days.Of(link, DayCount.DayOf(hour)).Add(new(row.Number(2), row.Number(3)), row.Bytes(4));
            taken.Add((hour, link));
        }

        var delete = session.Rows(DeleteHour);
        foreach (var (hour, link) in taken)
            delete.With(hour).With(link).Run();
        return days;
    }

    private const string SelectValues =
        """
        SELECT link_id, kind, hour, is_bot, visits, value FROM visit_count
        ORDER BY link_id, kind, hour, value, is_bot LIMIT ?1
        """;

    private const string DeleteValue =
        """
        DELETE FROM visit_count
        WHERE link_id = ?1 AND kind = ?2 AND hour = ?3 AND is_bot = ?4 AND value = ?5
        """;

    private static void TakeValues(SqliteSession session, CountRows hours)
    {
        var taken = new List<(long Link, long Kind, long Hour, long IsBot, string Value)>();
        var row = session.Rows(SelectValues).With(MaxRows);
        while (row.Read())
        {
            var (link, kind, hour) = (row.Number(0), row.Number(1), row.Number(2));
            hours.Of(link, hour).Add(
                (VisitDimension)kind, row.Text(5), VisitSum.Of(row.Number(3) != 0, row.Number(4)));
            taken.Add((link, kind, hour, row.Number(3), row.Text(5)));
        }

        var delete = session.Rows(DeleteValue);
        foreach (var key in taken)
            delete.With(key.Link).With(key.Kind).With(key.Hour).With(key.IsBot).With(key.Value).Run();
    }

    private const string SelectMissed =
        "SELECT hour, kind, is_bot, visits FROM missed_visit ORDER BY hour, kind, is_bot LIMIT ?1";

    private const string DeleteMissed =
        "DELETE FROM missed_visit WHERE hour = ?1 AND kind = ?2 AND is_bot = ?3";

    private static void TakeMissed(SqliteSession session, CountRows hours)
    {
        var taken = new List<(long Hour, long Kind, long IsBot)>();
        var row = session.Rows(SelectMissed).With(MaxRows);
        while (row.Read())
        {
            hours.Of(VisitRange.Missed, row.Number(0)).Add(
                VisitDimension.Outcome, row.Text(1), VisitSum.Of(row.Number(2) != 0, row.Number(3)));
            taken.Add((row.Number(0), row.Number(1), row.Number(2)));
        }

        var delete = session.Rows(DeleteMissed);
        foreach (var (hour, kind, isBot) in taken)
            delete.With(hour).With(kind).With(isBot).Run();
    }
}
