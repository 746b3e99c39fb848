using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Writes the rows of indexed links (<see cref="IndexBatch"/>), with one statement for each table. The caller
/// has the lock of <see cref="PostgresListIndex.TryLockAsync"/>, so no other transaction writes these tables.
/// </summary>
internal static class PostgresIndexWrites
{
    public static async Task WriteAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        await WriteTermsAsync(write, batch, cancellationToken);
        await PostgresIndexSlices.WriteAsync(write, batch.Slices, cancellationToken);
        await WriteHoursAsync(write, batch, cancellationToken);
        await WriteSampleAsync(write, batch, cancellationToken);
        await AddTagsAsync(write, batch, cancellationToken);
        await RemoveTagsAsync(write, batch, cancellationToken);
        if (batch.Erased.Count > 0)
            await RemoveRanksAsync(write, batch, cancellationToken);
    }

    private const string DeleteRanks = "DELETE FROM visit_rank WHERE link_id = ANY ($1)";

    private static async Task RemoveRanksAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        await using var delete = write.CreateCommand(DeleteRanks);
        delete.BindColumn(batch.Erased, link => link);
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string UpsertTerms =
        """
        INSERT INTO link_term (link_id, terms)
        SELECT id, array_to_tsvector(string_to_array(terms, ' '))
        FROM unnest($1::bigint[], $2::text[]) AS added(id, terms)
        ON CONFLICT (link_id) DO UPDATE SET terms = excluded.terms
        """;

    private static async Task WriteTermsAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(UpsertTerms);
        upsert.BindColumn(batch.Entries, entry => entry.Link);
        upsert.BindColumn(batch.Entries, entry => entry.Terms);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string UpsertHours =
        """
        INSERT INTO created_hour AS h (hour, first_id, last_id)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
        ON CONFLICT (hour) DO UPDATE SET
            first_id = least(h.first_id, excluded.first_id), last_id = greatest(h.last_id, excluded.last_id)
        """;

    private static async Task WriteHoursAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(UpsertHours);
        upsert.BindColumn(batch.Hours, hour => hour.Hour);
        upsert.BindColumn(batch.Hours, hour => hour.First);
        upsert.BindColumn(batch.Hours, hour => hour.Last);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string SelectMaxHash =
        """
        SELECT CASE WHEN count(*) < $1 THEN 9223372036854775807 ELSE max(hash) END FROM link_sample
        """;

    private const string InsertSampled =
        """
        INSERT INTO link_sample (hash, link_id) SELECT * FROM unnest($1::bigint[], $2::bigint[])
        ON CONFLICT DO NOTHING
        """;

    private const string DeleteUnsampled =
        """
        DELETE FROM link_sample
        WHERE hash > (SELECT hash FROM link_sample ORDER BY hash OFFSET $1 LIMIT 1)
        """;

    private static async Task WriteSampleAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectMaxHash);
        select.Bind(LinkSample.MaxLinks);
        var sampled = batch.SampledBelow((long)(await select.ExecuteScalarAsync(cancellationToken))!);
        if (sampled.Count == 0)
            return;
        await using var insert = write.CreateCommand(InsertSampled);
        insert.BindColumn(sampled, entry => entry.Hash);
        insert.BindColumn(sampled, entry => entry.Link);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = write.CreateCommand(DeleteUnsampled);
        delete.Bind(LinkSample.MaxLinks - 1);
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string InsertTags =
        """
        INSERT INTO tag (folded, name) SELECT * FROM unnest($1::text[], $2::text[])
        ON CONFLICT (folded) DO NOTHING
        """;

    private const string InsertLinkTags =
        """
        WITH added AS (
            INSERT INTO link_tag (tag_id, link_id, visits)
            SELECT tag.id, a.link_id, coalesce(r.visits, 0)
            FROM unnest($1::text[], $2::bigint[]) AS a(folded, link_id)
                JOIN tag ON tag.folded = a.folded
                LEFT JOIN visit_rank AS r ON r.link_id = a.link_id
            ON CONFLICT DO NOTHING
            RETURNING tag_id, visits
        ), sums AS (
            SELECT tag_id, count(*) AS links, sum(visits)::bigint AS visits FROM added GROUP BY tag_id
        )
        UPDATE tag SET links = tag.links + sums.links, visits = tag.visits + sums.visits
        FROM sums WHERE tag.id = sums.tag_id
        """;

    private static async Task AddTagsAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Tags.Count == 0)
            return;
        List<(string Folded, string Name, long Link)> names =
            [.. batch.Tags.DistinctBy(tag => tag.Folded, StringComparer.Ordinal)];
        await using var insertTags = write.CreateCommand(InsertTags);
        insertTags.BindColumn(names, tag => tag.Folded);
        insertTags.BindColumn(names, tag => tag.Name);
        await insertTags.ExecuteNonQueryAsync(cancellationToken);
        await using var insert = write.CreateCommand(InsertLinkTags);
        insert.BindColumn(batch.Tags, tag => tag.Folded);
        insert.BindColumn(batch.Tags, tag => tag.Link);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string DeleteLinkTags =
        """
        WITH removed AS (
            DELETE FROM link_tag USING unnest($1::text[], $2::bigint[]) AS r(folded, link_id), tag
            WHERE tag.folded = r.folded AND link_tag.tag_id = tag.id AND link_tag.link_id = r.link_id
            RETURNING link_tag.tag_id, link_tag.visits
        ), sums AS (
            SELECT tag_id, count(*) AS links, sum(visits)::bigint AS visits FROM removed GROUP BY tag_id
        )
        UPDATE tag SET links = tag.links - sums.links, visits = tag.visits - sums.visits
        FROM sums WHERE tag.id = sums.tag_id
        """;

    private const string DeleteUnusedTags =
        """
        WITH unused AS (
            DELETE FROM tag WHERE folded = ANY ($1) AND links <= 0 RETURNING id
        )
        DELETE FROM tag_change USING unused WHERE tag_id = unused.id
        """;

    private static async Task RemoveTagsAsync(
        WriteTransaction write, IndexBatch batch, CancellationToken cancellationToken)
    {
        if (batch.RemovedTags.Count == 0)
            return;
        await using var delete = write.CreateCommand(DeleteLinkTags);
        delete.BindColumn(batch.RemovedTags, tag => tag.Folded);
        delete.BindColumn(batch.RemovedTags, tag => tag.Link);
        await delete.ExecuteNonQueryAsync(cancellationToken);
        await using var clean = write.CreateCommand(DeleteUnusedTags);
        clean.BindColumn(batch.RemovedTags, tag => tag.Folded);
        await clean.ExecuteNonQueryAsync(cancellationToken);
    }
}
