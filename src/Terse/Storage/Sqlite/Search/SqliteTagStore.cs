using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ITagStore"/>
/// <remarks>One server uses the file, so a change needs no owner.</remarks>
internal sealed class SqliteTagStore(SqliteWriter writer, SqliteReaders readers) : ITagStore
{
    private const string SelectTags =
        """
        SELECT tag.id, tag.folded, tag.name, tag.links, tag.visits, c.tag_id IS NOT NULL, c.new_name
        FROM tag LEFT JOIN tag_change AS c ON c.tag_id = tag.id
        WHERE tag.folded >= max(?1, ?2) AND tag.folded <> ?2 AND tag.folded < ?3
        ORDER BY tag.folded LIMIT ?4
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedTag>> ListAsync(TagPage page, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, page));

    private static IReadOnlyList<ListedTag> List(SqliteSession session, TagPage page)
    {
        using var row = session.Command(SelectTags, page.Beginning, page.After ?? "", page.End, page.Limit)
            .ExecuteReader();
        var tags = new List<ListedTag>();
        while (row.Read())
            tags.Add(new(SqliteLinkList.ReadTag(row), row.GetBoolean(5), TextOrNull(row, 6)));
        return tags;
    }

    private const string FindTag = "SELECT id FROM tag WHERE folded = ?1";

    private const string FindChange = "SELECT 1 FROM tag_change WHERE tag_id = ?1";

    private const string StoreChange =
        """
        INSERT OR REPLACE INTO tag_change (tag_id, new_name, changed_by, changed_from)
        VALUES (?1, ?2, ?3, ?4)
        """;

    /// <inheritdoc/>
    public Task<TagRequestResult> RequestAsync(TagRequest request, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Request(session, request), cancellationToken);

    private static TagRequestResult Request(SqliteSession session, TagRequest request)
    {
        if (session.Command(FindTag, request.Folded).ExecuteScalar() is not long id)
            return TagRequestResult.NotFound;
        if (request.NewName is { } name && TagName.Fold(name) != request.Folded
            && session.Command(FindTag, TagName.Fold(name)).ExecuteScalar() is long other)
        {
            if (!request.MayMerge)
                return TagRequestResult.NameTaken;
            if (session.Command(FindChange, other).ExecuteScalar() is not null)
                return TagRequestResult.NameChanging;
        }

        session
            .Command(StoreChange, id, request.NewName, request.Actor.KeyId, request.Actor.Address)
            .ExecuteNonQuery();
        return TagRequestResult.Accepted;
    }

    private const string SelectNext =
        """
        SELECT c.tag_id, tag.folded, c.new_name, c.done_up_to, c.changed_by, c.changed_from
        FROM tag_change AS c JOIN tag ON tag.id = c.tag_id ORDER BY c.tag_id LIMIT 1
        """;

    /// <inheritdoc/>
    public Task<TagChange?> NextAsync(string owner, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Next, argument: 0));

    private static TagChange? Next(SqliteSession session, int argument)
    {
        using var row = session.Command(SelectNext).ExecuteReader();
        return row.Read()
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
        FROM link_tag AS t CROSS JOIN link ON link.id = t.link_id
        WHERE t.tag_id = ?1 AND t.link_id > ?2 ORDER BY t.link_id LIMIT ?3
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<(long Id, LinkName Name)>> ReadLinksAsync(
        TagChange change, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(ReadLinks, (change, limit)));

    private static IReadOnlyList<(long Id, LinkName Name)> ReadLinks(
        SqliteSession session, (TagChange Change, int Limit) page)
    {
        using var row = session.Command(SelectLinks, page.Change.TagId, page.Change.DoneUpTo, page.Limit)
            .ExecuteReader();
        var links = new List<(long, LinkName)>();
        while (row.Read())
            links.Add((row.GetInt64(0), new(row.GetString(1), row.GetString(2))));
        return links;
    }

    /// <summary>A later request for the same tag may have replaced the change.</summary>
    private const string SetDone =
        "UPDATE tag_change SET done_up_to = ?2 WHERE tag_id = ?1 AND new_name IS ?3";

    private const string SetName = "UPDATE tag SET name = ?2 WHERE id = ?1";

    /// <summary>
    /// Links whose new tags are not indexed yet still have the old tag here. Then the change begins again
    /// later. The change of the case of a name is done after one pass.
    /// </summary>
    private const string DeleteDone =
        """
        DELETE FROM tag_change
        WHERE tag_id = ?1 AND new_name IS ?3
            AND (?2 OR NOT EXISTS (SELECT 1 FROM link_tag WHERE tag_id = ?1))
        """;

    /// <inheritdoc/>
    public Task<bool> AdvanceAsync(TagChange change, long? doneUpTo, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Advance(session, change, doneUpTo), cancellationToken);

    private static bool Advance(SqliteSession session, TagChange change, long? doneUpTo)
    {
        var isReplaced = session
            .Command(SetDone, change.TagId, doneUpTo ?? 0, change.NewName)
            .ExecuteNonQuery() == 0;
        if (doneUpTo is not null || isReplaced)
            return true;
        if (change.IsOfCase)
            session.Command(SetName, change.TagId, change.NewName!).ExecuteNonQuery();
        return session
            .Command(DeleteDone, change.TagId, change.IsOfCase, change.NewName)
            .ExecuteNonQuery() > 0;
    }

    private static string? TextOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
