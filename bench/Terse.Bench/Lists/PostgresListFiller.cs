using System.Globalization;
using System.Text;
using Npgsql;
using Terse.Links;

namespace Terse.Bench;

/// <summary>
/// Stores links with all rows for lists in PostgreSQL with COPY, without Terse's triggers. The indexes that
/// are slow to fill row by row are built afterwards.
/// </summary>
internal sealed class PostgresListFiller(NpgsqlDataSource source, BenchLinks links)
{
    /// <summary>How many links one COPY of a table contains.</summary>
    private const int LinksPerCopy = 200_000;

    private readonly ListRows _rows = new();

    public async Task FillAsync()
    {
        // The server indexes only links with greater ids than this one.
        await RunAsync($"UPDATE list_progress SET newer_than = {long.MaxValue}, older_than = NULL");
        await RunAsync("DROP INDEX link_term_terms");
        for (var first = 1; first <= links.Count; first += LinksPerCopy)
            await AddAsync(first, Math.Min(first + LinksPerCopy, links.Count + 1));
        _rows.TrimSample();
        await CopyAsync(
            "tag (id, folded, name, links, visits)",
            _rows.Tags.Select(tag => Line(
                tag.Id, TagName.Fold(tag.Name), tag.Name, tag.Links.Count, tag.Visits)));
        await CopyAsync(
            "link_tag (tag_id, link_id, visits)",
            _rows.Tags.SelectMany(tag => tag.Links.Select(link => Line(tag.Id, link.Link, link.Visits))));
        await CopyAsync(
            "created_hour (hour, first_id, last_id)",
            _rows.Hours.Select(hour => Line(hour.Hour, hour.First, hour.Last)));
        await CopyAsync(
            "link_slice (slice, first_id, last_id, links)",
            _rows.Slices.Select(slice => Line(slice.Number, slice.First, slice.Last, slice.Links)));
        await CopyAsync(
            "link_sample (hash, link_id)", _rows.Sample.Select(sampled => Line(sampled.Key, sampled.Value)));
        await RunAsync(
            $"UPDATE list_progress SET newer_than = {BenchLinks.IdOf(links.Count)}, older_than = NULL");
        await RunAsync(
            "SET maintenance_work_mem = '1GB'; "
            + "CREATE INDEX link_term_terms ON link_term USING gin (terms) WITH (fastupdate = off)");
        await RunAsync("VACUUM ANALYZE");
    }

    private async Task AddAsync(int first, int end)
    {
        List<(Link Link, long Visits, char Mark)> part = [.. Enumerable.Range(first, end - first)
            .Select(number => (Link: links.NewLink(number), Visits: BenchLinks.VisitsOf(number)))
            .Select(row => (row.Link, row.Visits, _rows.Add(row.Link, row.Visits)))];
        await CopyAsync(
            "link (id, domain, code, target, created_at, written_at, expires_at, max_visits, deleted_at, "
            + "settings)",
            part.Select(row => Line(
                row.Link.Id.ToInt64(),
                row.Link.Domain,
                row.Link.Code,
                row.Link.Target,
                row.Link.CreatedAt,
                row.Link.CreatedAt,
                row.Link.ExpiresAt,
                row.Link.MaxVisits,
                row.Link.DeletedAt,
                StoredSettings.Write(row.Link.Settings))));
        await CopyAsync(
            "link_term (link_id, terms)",
            part.Select(row => Line(
                row.Link.Id.ToInt64(),
                $"'{IndexTerms.Join(row.Link, row.Mark).Replace(" ", "' '", StringComparison.Ordinal)}'")));
        await CopyAsync(
            "link_limit (link_id, max_visits, used)",
            part.Where(row => row.Link.MaxVisits is not null).Select(row => Line(
                row.Link.Id.ToInt64(),
                row.Link.MaxVisits,
                Math.Min(row.Visits, row.Link.MaxVisits!.Value))));
        var visited = part.Where(row => row.Visits > 0).ToList();
        await CopyAsync(
            "visit_total (link_id, visits, bot_visits)",
            visited.Select(row => Line(row.Link.Id.ToInt64(), row.Visits, 1)));
        await CopyAsync(
            "visit_rank (link_id, visits, visited_at)",
            visited.Select(row => Line(row.Link.Id.ToInt64(), row.Visits, row.Link.CreatedAt)));
    }

    /// <summary>Copies lines of text to a table. Triggers do not run.</summary>
    private async Task CopyAsync(string table, IEnumerable<string> lines)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using (var set = new NpgsqlCommand("SET session_replication_role = replica", connection))
            await set.ExecuteNonQueryAsync();
        await using (var copy = await connection.BeginTextImportAsync($"COPY {table} FROM STDIN"))
        {
            foreach (var line in lines)
                await copy.WriteAsync(line);
        }

        await using var reset = new NpgsqlCommand("RESET session_replication_role", connection);
        await reset.ExecuteNonQueryAsync();
    }

    private async Task RunAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private static string Line(params ReadOnlySpan<object?> values)
    {
        var line = new StringBuilder();
        foreach (var value in values)
        {
            if (line.Length > 0)
                line.Append('\t');
            line.Append(value switch
            {
                null => "\\N",
                DateTimeOffset time => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                string text => text.Replace("\\", "\\\\", StringComparison.Ordinal),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            });
        }

        return line.Append('\n').ToString();
    }
}
