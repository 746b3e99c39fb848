using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Links;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkStore"/>
internal sealed class SqliteLinkStore(SqliteWriter writer, SqliteReaders readers)
    : ILinkStore, ILinkReader, IAliasStore, ISlashCodeStore
{
    /// <summary>
    /// How long a creation or a change may take. The time is long, because all links are on one disk. When
    /// that disk syncs slowly, a longer wait can still succeed, and there is no other disk that could answer
    /// the request.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private bool _expectsSlashes;

    private const string InsertLink =
        """
        INSERT INTO link (id, domain, code, target, created_at, expires_at, max_visits, settings)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
        Deadline.RunAsync(
            Timeout,
            work,
            exception => new StoreUnavailableException(
                "The database did not store the request in time; retry shortly.", exception),
            time,
            cancellationToken);

    /// <inheritdoc/>
    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Add(session, link), cancellationToken);

    /// <summary>
    /// Adds a link inside the caller's transaction. Unless the result is <see cref="AddLinkResult.Added"/>,
    /// the database is unchanged.
    /// </summary>
    public static AddLinkResult Add(SqliteSession session, Link link)
    {
        var insert = session.Command(
            InsertLink,
            link.Id.ToInt64(),
            link.Domain,
            link.Code,
            link.Target,
            link.CreatedAt.ToUnixTimeMilliseconds(),
            link.ExpiresAt?.ToUnixTimeMilliseconds(),
            link.MaxVisits,
            StoredSettings.Write(link.Settings));
        try
        {
            if (insert.ExecuteNonQuery() == 0)
                return AddLinkResult.CodeTaken;
            SqliteLinkTargets.Add(session, link.Id.ToInt64(), link.Target);
            return AddLinkResult.Added;
        }
        catch (SqliteException exception)
            when (exception.SqliteExtendedErrorCode
                is SQLITE_CONSTRAINT_UNIQUE or SQLITE_CONSTRAINT_PRIMARYKEY) // depends on the age of the file
        {
            return AddLinkResult.IdTaken;
        }
    }

    /// <summary>The columns of a link, in the order in which <see cref="ReadLink"/> reads them.</summary>
    public const string Columns =
        """
        link.id, link.domain, link.code, link.target, link.created_at, link.version, link.expires_at,
            link.max_visits, link.deleted_at, link.settings, link.later_codes
        """;

    private const string SelectLink =
        $"""
        SELECT {Columns}, alias_of
        FROM link
        WHERE domain = ?1 AND code = ?2
        """;

    private const string SelectById = $"SELECT {Columns} FROM link WHERE id = ?1";

    /// <inheritdoc/>
    public ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(readers.Run(Find, name));

    /// <inheritdoc/>
    /// <remarks>
    /// Every read sees all commits that came before the read, because there is only one file.
    /// </remarks>
    public ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken) =>
        FindAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Replace(session, changed), cancellationToken);

    private const string UpdateLink =
        """
        UPDATE link SET target = ?2, version = ?3, expires_at = ?4, max_visits = ?5, deleted_at = ?6,
            settings = ?7, later_codes = ?8
        WHERE id = ?1 AND version = ?3 - 1
        """;

    /// <summary>
    /// Selects the time that the trigger <c>link_changed</c> has just written in the same transaction.
    /// </summary>
    private const string SelectChangedAt = "SELECT changed_at FROM link_change ORDER BY seq DESC LIMIT 1";

    private static DateTimeOffset? Replace(SqliteSession session, Link changed)
    {
        var earlier = SqliteLinkTargets.TargetOf(session, changed);
        var update = session.Command(
            UpdateLink,
            changed.Id.ToInt64(),
            changed.Target,
            (long)changed.Version,
            changed.ExpiresAt?.ToUnixTimeMilliseconds(),
            changed.MaxVisits,
            changed.DeletedAt?.ToUnixTimeMilliseconds(),
            StoredSettings.Write(changed.Settings),
            changed.LaterCodes);
        if (update.ExecuteNonQuery() == 0)
            return null;
        SqliteLinkTargets.Replace(session, earlier, changed);
        var changedAt = (long)session.Command(SelectChangedAt).ExecuteScalar()!;
        return DateTimeOffset.FromUnixTimeMilliseconds(changedAt);
    }

    private const string InsertAlias =
        """
        INSERT INTO link (id, domain, code, target, created_at, alias_of) VALUES (?1, ?2, ?3, '', ?4, ?5)
        """;

    /// <inheritdoc/>
    public Task<AddAliasResult> AddAliasAsync(
        Link changed, NewAlias name, CancellationToken cancellationToken) =>
        writer.RunAsync(session => AddAlias(session, changed, name), cancellationToken);

    private static AddAliasResult AddAlias(SqliteSession session, Link changed, NewAlias name)
    {
        if (session.Command(SelectLink, changed.Domain, name.Code).ExecuteScalar() is not null)
            return new(AddLinkResult.CodeTaken, null);
        if (session.Command(SelectById, name.Id.ToInt64()).ExecuteScalar() is not null)
            return new(AddLinkResult.IdTaken, null);
        if (Replace(session, changed) is not { } changedAt)
            return new(AddLinkResult.Added, null);
        session.Command(
            InsertAlias,
            name.Id.ToInt64(),
            changed.Domain,
            name.Code,
            changedAt.ToUnixTimeMilliseconds(),
            changed.Id.ToInt64()).ExecuteNonQuery();
        return new(AddLinkResult.Added, changedAt);
    }

    /// <inheritdoc/>
    public Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken) =>
        Volatile.Read(ref _expectsSlashes) || !LinkCodes.ContainSlash(link)
            ? Task.CompletedTask
            : ExpectSlashesAsync(cancellationToken);

    private const string ExpectSlashes = "INSERT INTO slash_code (one) VALUES (1) ON CONFLICT DO NOTHING";

    private async Task ExpectSlashesAsync(CancellationToken cancellationToken)
    {
        await writer.RunAsync(
            session => session.Command(ExpectSlashes).ExecuteNonQuery(), cancellationToken);
        Volatile.Write(ref _expectsSlashes, true);
    }

    private const string SelectSlashes = "SELECT count(*) FROM slash_code";

    /// <inheritdoc/>
    public Task<bool> MayExistAsync(CancellationToken cancellationToken) => Task.FromResult(readers.Run(
        static (session, sql) => (long)session.Command(sql).ExecuteScalar()! > 0, SelectSlashes));

    /// <summary>
    /// How many visits of links with a limit may wait for the writer. The limit leaves most of the writer's
    /// queue to other writes.
    /// </summary>
    private const int MaxWaitingVisits = 4_096;

    private int _waitingVisits;

    private const string TakeVisit =
        "UPDATE link_limit SET used = used + 1 WHERE link_id = ?1 AND used < max_visits";

    private const string IsLimited = "SELECT EXISTS (SELECT 1 FROM link_limit WHERE link_id = ?1)";

    /// <inheritdoc/>
    public async Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waitingVisits) > MaxWaitingVisits)
                throw new StoreUnavailableException("The database is overloaded; retry shortly.");
            return await writer.RunAsync(session => Take(session, link.Id.ToInt64()), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waitingVisits);
        }
    }

    private static bool Take(SqliteSession session, long id) =>
        session.Command(TakeVisit, id).ExecuteNonQuery() == 1
        || (long)session.Command(IsLimited, id).ExecuteScalar()! == 0;

    private static Link? Find(SqliteSession session, LinkName name)
    {
        long link;
        using (var row = session.Command(SelectLink, name.Domain, name.Code).ExecuteReader())
        {
            if (!row.Read())
                return null;
            if (row.IsDBNull(11))
                return ReadLink(row);
            link = row.GetInt64(11);
        }

        // An alias always refers to the same link, which was stored before the alias.
        using var other = session.Command(SelectById, link).ExecuteReader();
        return other.Read() ? ReadLink(other) : null;
    }

    /// <summary>Reads a link from a row whose first columns are <see cref="Columns"/>.</summary>
    public static Link ReadLink(SqliteDataReader row) =>
        ReadLinkWith(row, StoredSettings.Read(row.IsDBNull(9) ? null : row.GetString(9)));

    /// <summary>Reads a link without the column of its settings.</summary>
    public static Link ReadLinkWith(SqliteDataReader row, LinkSettings settings) => new(
        Tsid.FromInt64(row.GetInt64(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)))
    {
        Version = row.GetInt32(5),
        ExpiresAt = ReadTime(row, 6),
        MaxVisits = row.IsDBNull(7) ? null : row.GetInt64(7),
        DeletedAt = ReadTime(row, 8),
        Settings = settings,
        LaterCodes = row.IsDBNull(10) ? null : row.GetString(10),
    };

    private static DateTimeOffset? ReadTime(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
