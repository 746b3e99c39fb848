using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Adds names to links. One statement updates the row of the link and inserts the row of the name, so that
/// PostgreSQL stores both or neither. Such a change is rare, so it shares no statement with other changes.
/// </summary>
/// <remarks>
/// The row of a name is inserted once and never changed or deleted, and it always refers to the same link,
/// which was committed before. So a snapshot that contains the name also contains the link. A name that was
/// added later never begins with a digit, so its code contains no time: only the primary, or a replica behind
/// a fence, can decide that it does not exist, and both contain everything that was acknowledged. The code of
/// the creation stays in the row of the link, where every snapshot finds it as before.
/// </remarks>
internal sealed class PostgresAliasInserter(Cluster cluster)
{
    private const string AddAlias =
        """
        WITH updated AS (
            UPDATE link SET target = $3, version = $2, deleted_at = $4, expires_at = $5, max_visits = $6,
                settings = $7, later_codes = $8
            WHERE id = $1 AND version = $2 - 1
            RETURNING id, domain, written_at
        ), added AS (
            INSERT INTO link (id, domain, code, target, created_at, written_at, alias_of)
            SELECT $9, updated.domain, $10, '', updated.written_at, $11, updated.id FROM updated
        )
        SELECT updated.written_at, horizon_timeline() FROM updated
        """;

    /// <returns>
    /// Whether the name was added; the time is null if it was not, or if the database does not contain the
    /// previous version of the link.
    /// </returns>
    public async Task<(AddLinkResult Name, Moment? WrittenAt)> AddAsync(
        Link changed, NewAlias name, CancellationToken cancellationToken)
    {
        try
        {
            var written = await cluster.WriteStatementAsync(
                ConnectionShare.Changes, (changed, name), AddAsync, cancellationToken);
            return (AddLinkResult.Added, written);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return (AddLinkResult.TooLate, null);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return (
                exception.ConstraintName == "link_pkey" ? AddLinkResult.IdTaken : AddLinkResult.CodeTaken,
                null);
        }
    }

    private async Task<Moment?> AddAsync(
        WriteTransaction write, (Link Changed, NewAlias Name) added, CancellationToken cancellationToken)
    {
        var (changed, name) = added;
        await using var update = write.CreateCommand(AddAlias);
        update.Bind(changed.Id.ToInt64());
        update.Bind(changed.Version);
        update.Bind(changed.Target);
        update.Bind(changed.DeletedAt);
        update.Bind(changed.ExpiresAt);
        update.Bind(changed.MaxVisits);
        update.Bind(StoredSettings.Write(changed.Settings));
        update.Bind(changed.LaterCodes);
        update.Bind(name.Id.ToInt64());
        update.Bind(name.Code);
        update.Bind(name.TickEnd);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        Moment? written = await row.ReadAsync(cancellationToken)
            ? new(
                cluster.Primary.GenerationOfWrite(row.GetInt32(1)),
                await row.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken))
            : null;
        await row.AwaitCommitAsync(cancellationToken);
        return written;
    }
}
