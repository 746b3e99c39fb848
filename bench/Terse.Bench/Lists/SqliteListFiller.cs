using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Bench;

/// <summary>Stores links with all rows for lists in a SQLite database, without Terse's triggers.</summary>
internal sealed class SqliteListFiller : IDisposable
{
    private const int LinksPerTransaction = 200_000;

    private static readonly string[] Triggers =
        ["link_unlisted_at_first", "link_limited_at_first", "link_tag_added"];

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteListFiller(string file)
    {
        _connection = new SqliteConnection($"Data Source={file};Pooling=false");
        _connection.Open();
        Run("PRAGMA synchronous = OFF");
        Run("PRAGMA cache_size = -1000000");
    }

    public void Fill(BenchLinks links)
    {
        var triggers = Triggers.ToDictionary(name => name, TextOf, StringComparer.Ordinal);
        foreach (var name in Triggers)
            Run($"DROP TRIGGER {name}");
        var rows = new ListRows();
        for (var first = 1; first <= links.Count; first += LinksPerTransaction)
        {
            Run("BEGIN");
            for (var number = first; number < first + LinksPerTransaction && number <= links.Count; number++)
                Add(links.NewLink(number), BenchLinks.VisitsOf(number), rows);
            Run("COMMIT");
        }

        Run("BEGIN");
        AddRows(rows);
        Run("UPDATE list_progress SET older_than = NULL");
        foreach (var text in triggers.Values)
            Run(text);
        Run("COMMIT");
        Run("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private void Add(Link link, long visits, ListRows rows)
    {
        var id = link.Id.ToInt64();
        Run(
            """
            INSERT INTO link (
                id, domain, code, target, created_at, expires_at, max_visits, deleted_at, settings)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            id,
            link.Domain,
            link.Code,
            link.Target,
            link.CreatedAt.ToUnixTimeMilliseconds(),
            link.ExpiresAt?.ToUnixTimeMilliseconds(),
            link.MaxVisits,
            link.DeletedAt?.ToUnixTimeMilliseconds(),
            StoredSettings.Write(link.Settings));
        Run(
            "INSERT INTO link_term (rowid, terms) VALUES (?1, ?2)",
            id,
            IndexTerms.Join(link, rows.Add(link, visits)));
        if (link.MaxVisits is { } max)
        {
            Run(
                "INSERT INTO link_limit (link_id, max_visits, used) VALUES (?1, ?2, ?3)",
                id,
                max,
                Math.Min(visits, max));
        }

        if (visits > 0)
        {
            Run("INSERT INTO visit_total (link_id, visits, bot_visits) VALUES (?1, ?2, 1)", id, visits);
            Run("INSERT INTO visit_rank (link_id, visits, visited_at) VALUES (?1, ?2, ?3)", id, visits, id);
        }
    }

    private void AddRows(ListRows rows)
    {
        foreach (var tag in rows.Tags)
        {
            Run(
                "INSERT INTO tag (id, folded, name, links, visits) VALUES (?1, ?2, ?3, ?4, ?5)",
                tag.Id,
                TagName.Fold(tag.Name),
                tag.Name,
                tag.Links.Count,
                tag.Visits);
            foreach (var (link, visits) in tag.Links)
            {
                Run(
                    "INSERT INTO link_tag (tag_id, link_id, visits) VALUES (?1, ?2, ?3)",
                    tag.Id,
                    link,
                    visits);
            }
        }

        foreach (var (hour, first, last) in rows.Hours)
            Run("INSERT INTO created_hour (hour, first_id, last_id) VALUES (?1, ?2, ?3)", hour, first, last);
        foreach (var (slice, first, last, count) in rows.Slices)
        {
            Run(
                "INSERT INTO link_slice (slice, first_id, last_id, links) VALUES (?1, ?2, ?3, ?4)",
                slice,
                first,
                last,
                count);
        }

        rows.TrimSample();
        foreach (var (hash, link) in rows.Sample)
            Run("INSERT INTO link_sample (hash, link_id) VALUES (?1, ?2)", hash, link);
    }

    private string TextOf(string trigger)
    {
        using var select = _connection.CreateCommand();
        select.CommandText = "SELECT sql FROM sqlite_schema WHERE name = @name";
        select.Parameters.AddWithValue("@name", trigger);
        return (string)select.ExecuteScalar()!;
    }

    private void Run(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            command.CommandTimeout = 0;
            for (var number = 1; number <= values.Length; number++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{number}" });
            _commands.Add(sql, command);
        }

        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }
}
