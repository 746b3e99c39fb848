using Microsoft.Data.Sqlite;
using Terse.Links;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkStore"/>
internal sealed class SqliteLinkStore(SqliteWriter writer, SqliteReaders readers) : ILinkStore
{
    private const string InsertLink =
        """
        INSERT INTO link (id, domain, code, target, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    /// <inheritdoc/>
    /// <remarks>There is no other disk to go to; one that syncs slowly is waited for.</remarks>
    public TimeSpan Patience => TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Add(session, link), cancellationToken);

    /// <summary>Adds a link within a transaction of another's; where it does not, nothing changes.</summary>
    public static AddLinkResult Add(SqliteSession session, Link link)
    {
        var createdAt = link.CreatedAt.ToUnixTimeMilliseconds();
        var insert = session.Command(
            InsertLink, link.Id.ToInt64(), link.Domain, link.Code, link.Target, createdAt);
        try
        {
            return insert.ExecuteNonQuery() == 1 ? AddLinkResult.Added : AddLinkResult.CodeTaken;
        }
        catch (SqliteException exception)
            when (exception.SqliteExtendedErrorCode == SQLITE_CONSTRAINT_PRIMARYKEY)
        {
            return AddLinkResult.IdTaken;
        }
    }

    private const string SelectLink =
        """
        SELECT id, domain, code, target, created_at
        FROM link
        WHERE domain = ?1 AND code = ?2
        """;

    /// <inheritdoc/>
    public ValueTask<Link?> FindAsync(string domain, string code, CancellationToken cancellationToken) =>
        ValueTask.FromResult(readers.Run(Find, (domain, code)));

    /// <inheritdoc/>
    public ValueTask<Link?> FindLatestAsync(
        string domain, string code, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private static Link? Find(SqliteSession session, (string Domain, string Code) key)
    {
        using var reader = session.Command(SelectLink, key.Domain, key.Code).ExecuteReader();
        return reader.Read() ? ReadLink(reader) : null;
    }

    /// <summary>Reads a link from the first five columns.</summary>
    public static Link ReadLink(SqliteDataReader row) => new(
        Tsid.FromInt64(row.GetInt64(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)));
}
