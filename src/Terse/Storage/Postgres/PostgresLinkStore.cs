using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>
/// Every insert passes the horizon's guard; when "there is none" may be said is the finder's to know.
/// </remarks>
internal sealed class PostgresLinkStore(Cluster cluster, LinkFinder finder, TimeProvider time) : ILinkStore
{
    private const string InsertLink =
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    /// <inheritdoc/>
    public async Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken)
    {
        try
        {
            var adding = cluster.WriteStatementAsync((link, tickEnd), AddAsync, cancellationToken);
            return await PostgresErrors.WithinPatienceAsync(adding, time, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return AddLinkResult.TooLate;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A code that is taken is no error: what is left is the id.
            return AddLinkResult.IdTaken;
        }
    }

    private static async Task<AddLinkResult> AddAsync(
        WriteTransaction write,
        (Link Link, DateTimeOffset TickEnd) added,
        CancellationToken cancellationToken)
    {
        var link = added.Link;
        await using var insert = write.CreateCommand(InsertLink);
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = link.Id.ToInt64() });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Domain });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Code });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Target });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = link.CreatedAt });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = added.TickEnd });
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1
            ? AddLinkResult.Added
            : AddLinkResult.CodeTaken;
    }

    /// <inheritdoc/>
    public ValueTask<Link?> FindAsync(string domain, string code, CancellationToken cancellationToken) =>
        finder.FindAsync(domain, code, cancellationToken);
}
