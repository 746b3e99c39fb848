using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <summary>Reads the rows of listed links.</summary>
internal static class SqliteListedLinks
{
    private const string LinkColumns = $"{SqliteLinkStore.Columns}, link.alias_of IS NOT NULL";

    private const string NumberColumns =
        "coalesce(t.visits, 0), coalesce(t.bot_visits, 0), coalesce(u.used, 0), coalesce(r.visits, 0), "
        + "r.visited_at";

    private const string JoinNumbers =
        """
        LEFT JOIN visit_total AS t ON t.link_id = link.id
        LEFT JOIN link_limit AS u ON u.link_id = link.id
        LEFT JOIN visit_rank AS r ON r.link_id = link.id
        """;

    private const string Newest =
        "(SELECT * FROM link WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3) AS link";

    private const string Oldest =
        "(SELECT * FROM link WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3) AS link";

    /// <summary>SQLite reads the array first, because of CROSS JOIN.</summary>
    private const string Given = "json_each(?1) AS given CROSS JOIN link ON link.id = given.value";

    private const string
        SelectNewest = $"SELECT {LinkColumns} FROM {Newest}",
        SelectOldest = $"SELECT {LinkColumns} FROM {Oldest}",
        SelectGiven = $"SELECT {LinkColumns} FROM {Given}",
        SelectNewestWithNumbers = $"SELECT {LinkColumns}, {NumberColumns} FROM {Newest} {JoinNumbers}",
        SelectOldestWithNumbers = $"SELECT {LinkColumns}, {NumberColumns} FROM {Oldest} {JoinNumbers}",
        SelectGivenWithNumbers = $"SELECT {LinkColumns}, {NumberColumns} FROM {Given} {JoinNumbers}",
        SelectNumbers =
            $"SELECT link.id, {NumberColumns} "
            + $"FROM (SELECT value AS id FROM json_each(?1)) AS link {JoinNumbers}";

    /// <summary>Reads the next links of all links.</summary>
    public static List<ListedLink> ReadRange(SqliteSession session, LinkRead read)
    {
        var select = (read.Range.IsDescending, read.WithNumbers) switch
        {
            (true, true) => SelectNewestWithNumbers,
            (true, false) => SelectNewest,
            (false, true) => SelectOldestWithNumbers,
            (false, false) => SelectOldest,
        };
        return ReadAll(
            session.Command(select, read.Range.First, read.Range.Last, read.Limit), read.WithNumbers);
    }

    /// <summary>Reads links by their ids, in any order. Links that do not exist are left out.</summary>
    public static List<ListedLink> ReadLinks(
        SqliteSession session, IEnumerable<long> ids, bool withNumbers) =>
        ReadAll(session.Command(withNumbers ? SelectGivenWithNumbers : SelectGiven, Array(ids)), withNumbers);

    public static IReadOnlyDictionary<long, LinkNumbers> ReadNumbers(
        SqliteSession session, IReadOnlyList<long> ids)
    {
        using var row = session.Command(SelectNumbers, Array(ids)).ExecuteReader();
        var numbers = new Dictionary<long, LinkNumbers>();
        while (row.Read())
            numbers.Add(row.GetInt64(0), ReadNumbers(row, 1));
        return numbers;
    }

    private static string Array(IEnumerable<long> ids) =>
        $"[{string.Join(',', ids.Select(id => id.ToString(CultureInfo.InvariantCulture)))}]";

    private static List<ListedLink> ReadAll(SqliteCommand select, bool withNumbers)
    {
        using var row = select.ExecuteReader();
        var links = new List<ListedLink>();
        while (row.Read())
        {
            links.Add(new(
                SqliteLinkStore.ReadLinkWith(row, LinkSettings.None),
                row.IsDBNull(9) ? null : row.GetString(9),
                withNumbers ? ReadNumbers(row, 12) : null,
                row.GetBoolean(11)));
        }

        return links;
    }

    private static LinkNumbers ReadNumbers(SqliteDataReader row, int first) => new(
        new(row.GetInt64(first), row.GetInt64(first + 1)),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.IsDBNull(first + 4)
            ? null
            : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(first + 4)));
}
