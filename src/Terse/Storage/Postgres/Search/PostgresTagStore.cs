using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ITagStore"/>
internal sealed class PostgresTagStore(PostgresListTransactions lists) : ITagStore
{
    private const string SelectTags =
        """
        SELECT tag.id, tag.folded, tag.name, tag.links, tag.visits, c.tag_id IS NOT NULL, c.new_name
        FROM tag LEFT JOIN tag_change AS c ON c.tag_id = tag.id
        WHERE tag.folded >= greatest($1 COLLATE "C", $2 COLLATE "C") AND tag.folded <> $2 AND tag.folded < $3
        ORDER BY tag.folded LIMIT $4
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedTag>> ListAsync(TagPage page, CancellationToken cancellationToken) =>
        lists.ReadAsync(default, page, ListAsync, cancellationToken);

    private static async Task<IReadOnlyList<ListedTag>> ListAsync(
        ReadTransaction read, TagPage page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectTags);
        select.Bind(page.Beginning);
        select.Bind(page.After ?? "");
        select.Bind(page.End);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var tags = new List<ListedTag>();
        while (await row.ReadAsync(cancellationToken))
            tags.Add(new(PostgresLinkList.ReadTag(row), row.GetBoolean(5), TextOrNull(row, 6)));
        return tags;
    }

    /// <summary>
    /// Requests run one after the other, so that two tags are not renamed to each other at the same time.
    /// </summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(x'544147434847'::bigint)";

    /// <summary>
    /// Stores the change, unless the new name is taken or is being changed. Returns no row if the tag does
    /// not exist. The lock keeps the indexer from deleting the tag, so that no change stays without its tag.
    /// </summary>
    private const string StoreChange =
        """
        WITH found AS (
            SELECT id, CASE
                WHEN $2 IS NULL OR $4 = $1 OR NOT EXISTS (SELECT FROM tag WHERE folded = $4) THEN 'free'
                WHEN NOT $3 THEN 'taken'
                WHEN EXISTS (
                    SELECT FROM tag AS other JOIN tag_change AS c ON c.tag_id = other.id
                    WHERE other.folded = $4) THEN 'changing'
                ELSE 'free'
                END AS name_is
            FROM tag WHERE folded = $1 FOR KEY SHARE
        ), stored AS (
            INSERT INTO tag_change (tag_id, new_name) SELECT id, $2 FROM found WHERE name_is = 'free'
            ON CONFLICT (tag_id) DO UPDATE SET new_name = excluded.new_name, done_up_to = 0
        )
        SELECT name_is FROM found
        """;

    /// <inheritdoc/>
    public Task<TagRequestResult> RequestAsync(TagRequest request, CancellationToken cancellationToken) =>
        lists.WriteAsync(request, RequestAsync, cancellationToken);

    private static async Task<TagRequestResult> RequestAsync(
        WriteTransaction write, TagRequest request, CancellationToken cancellationToken)
    {
        await using var alone = write.CreateCommand(Lock);
        await alone.ExecuteNonQueryAsync(cancellationToken);
        await using var store = write.CreateCommand(StoreChange);
        store.Bind(request.Folded);
        store.Bind(request.NewName);
        store.Bind(request.MayMerge);
        store.Bind(TagName.Fold(request.NewName ?? ""));
        var nameIs = await store.ExecuteScalarAsync(cancellationToken);
        if (nameIs is "free")
            await StoreActorAsync(write, request, cancellationToken);
        return nameIs switch
        {
            "free" => TagRequestResult.Accepted,
            "taken" => TagRequestResult.NameTaken,
            "changing" => TagRequestResult.NameChanging,
            _ => TagRequestResult.NotFound,
        };
    }

    /// <summary>The schema of the version before has no columns for the actor, and no audit.</summary>
    private const string KeepsActors =
        """
        SELECT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = 'tag_change'::regclass AND attname = 'changed_by')
        """;

    private const string SetActor =
        """
        UPDATE tag_change SET changed_by = $2, changed_from = $3
        WHERE tag_id = (SELECT id FROM tag WHERE folded = $1)
        """;

    private static async Task StoreActorAsync(
        WriteTransaction write, TagRequest request, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(KeepsActors);
        if (!(bool)(await select.ExecuteScalarAsync(cancellationToken))!)
            return;
        await using var update = write.CreateCommand(SetActor);
        update.Bind(request.Folded);
        update.Bind(request.Actor.KeyId);
        update.Bind(request.Actor.Address);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string HasChanges = "SELECT EXISTS (SELECT FROM tag_change)";

    /// <remarks>to_jsonb also works on the schema of the version before, without the last columns.</remarks>
    private const string TakeNext =
        """
        UPDATE tag_change AS c SET owner = $1, owner_until = clock_timestamp() + interval '30 s'
        FROM tag
        WHERE tag.id = c.tag_id AND c.tag_id = (
            SELECT waiting.tag_id
            FROM tag_change AS waiting JOIN tag AS present ON present.id = waiting.tag_id
            WHERE waiting.owner = $1 OR waiting.owner_until < clock_timestamp()
            ORDER BY waiting.tag_id LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED)
        RETURNING c.tag_id, tag.folded, c.new_name, c.done_up_to,
            to_jsonb(c) ->> 'changed_by', to_jsonb(c) ->> 'changed_from'
        """;

    /// <inheritdoc/>
    public async Task<TagChange?> NextAsync(string owner, CancellationToken cancellationToken) =>
        await lists.ReadLatestAsync(0, HasChangesAsync, cancellationToken)
            ? await lists.WorkAsync(owner, NextAsync, cancellationToken)
            : null;

    private static async Task<bool> HasChangesAsync(
        ReadTransaction read, int argument, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(HasChanges);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<TagChange?> NextAsync(
        WriteTransaction write, string owner, CancellationToken cancellationToken)
    {
        await using var take = write.CreateCommand(TakeNext);
        take.Bind(owner);
        await using var row = await take.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new(
                row.GetInt64(0),
                row.GetString(1),
                TextOrNull(row, 2),
                row.GetInt64(3),
                new(TextOrNull(row, 4), TextOrNull(row, 5)))
            : null;
    }

    private const string SelectLinks =
        """
        SELECT t.link_id, link.domain, link.code
        FROM (
            SELECT link_id FROM link_tag WHERE tag_id = $1 AND link_id > $2 ORDER BY link_id LIMIT $3) AS t
            JOIN link ON link.id = t.link_id
        ORDER BY t.link_id
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<(long Id, LinkName Name)>> ReadLinksAsync(
        TagChange change, int limit, CancellationToken cancellationToken) =>
        lists.ReadLatestAsync((change, limit), ReadLinksAsync, cancellationToken);

    private static async Task<IReadOnlyList<(long Id, LinkName Name)>> ReadLinksAsync(
        ReadTransaction read, (TagChange Change, int Limit) page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectLinks);
        select.Bind(page.Change.TagId);
        select.Bind(page.Change.DoneUpTo);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var links = new List<(long, LinkName)>();
        while (await row.ReadAsync(cancellationToken))
            links.Add((row.GetInt64(0), new(row.GetString(1), row.GetString(2))));
        return links;
    }

    /// <summary>A later request for the same tag may have replaced the change.</summary>
    private const string SetDone =
        "UPDATE tag_change SET done_up_to = $2 WHERE tag_id = $1 AND new_name IS NOT DISTINCT FROM $3";

    private const string SetName = "UPDATE tag SET name = $2 WHERE id = $1";

    /// <summary>
    /// Links whose new tags are not indexed yet still have the old tag here. Then the change begins again
    /// later. The change of the case of a name is done after one pass.
    /// </summary>
    private const string DeleteDone =
        """
        DELETE FROM tag_change
        WHERE tag_id = $1 AND ($2 OR NOT EXISTS (SELECT FROM link_tag WHERE tag_id = $1))
            AND new_name IS NOT DISTINCT FROM $3
        """;

    /// <inheritdoc/>
    public Task<bool> AdvanceAsync(TagChange change, long? doneUpTo, CancellationToken cancellationToken) =>
        lists.WorkAsync((change, doneUpTo), AdvanceAsync, cancellationToken);

    private static async Task<bool> AdvanceAsync(
        WriteTransaction write, (TagChange Change, long? DoneUpTo) step, CancellationToken cancellationToken)
    {
        var (change, doneUpTo) = step;
        await using var set = write.CreateCommand(SetDone);
        set.Bind(change.TagId);
        set.Bind(doneUpTo ?? 0);
        set.Bind(change.NewName);
        var isReplaced = await set.ExecuteNonQueryAsync(cancellationToken) == 0;
        if (doneUpTo is not null || isReplaced)
            return true;
        if (change.IsOfCase)
        {
            await using var rename = write.CreateCommand(SetName);
            rename.Bind(change.TagId);
            rename.Bind(change.NewName!);
            await rename.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var delete = write.CreateCommand(DeleteDone);
        delete.Bind(change.TagId);
        delete.Bind(change.IsOfCase);
        delete.Bind(change.NewName);
        return await delete.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static string? TextOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
