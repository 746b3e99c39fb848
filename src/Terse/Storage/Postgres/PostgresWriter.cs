using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Inserts links, all that wait in one statement, so that under load one commit serves many. A link that the
/// statement could not insert is inserted by one of its own, which tells why.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    /// <summary>
    /// Two: while the one waits for its commit, the other is made. More would hold more locks against a beat.
    /// </summary>
    private const int Statements = 2;

    private readonly Cluster _cluster;
    private readonly Batcher<AddedLink, AddLinkResult?> _batcher;

    public PostgresWriter(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new(Statements, InsertAsync);
    }

    /// <inheritdoc cref="ILinkStore.AddAsync"/>
    public async Task<AddLinkResult> AddAsync(AddedLink added, CancellationToken cancellationToken) =>
        await _batcher.CallAsync(added).WaitAsync(cancellationToken)
        ?? await AddAloneAsync(added, cancellationToken);

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    private const string InsertLinks =
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
        ON CONFLICT DO NOTHING
        RETURNING id
        """;

    /// <summary>Added, or null where the link has to be tried alone.</summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertAsync(IReadOnlyList<AddedLink> links)
    {
        try
        {
            var inserted = await _cluster.WriteStatementAsync(links, InsertAsync, CancellationToken.None);
            return [.. links.Select(added =>
                inserted.Contains(added.Link.Id.ToInt64()) ? AddLinkResult.Added : (AddLinkResult?)null)];
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return new AddLinkResult?[links.Count];
        }
    }

    /// <summary>
    /// In the order of their codes, so that no two statements wait for each other in a ring.
    /// </summary>
    private static async Task<HashSet<long>> InsertAsync(
        WriteTransaction write, IReadOnlyList<AddedLink> links, CancellationToken cancellationToken)
    {
        var sorted = links.OrderBy(added => added.Link.Code, StringComparer.Ordinal)
            .ThenBy(added => added.Link.Domain, StringComparer.Ordinal)
            .ToList();
        await using var insert = write.CreateCommand(InsertLinks);
        Add(insert, sorted, added => added.Link.Id.ToInt64());
        Add(insert, sorted, added => added.Link.Domain);
        Add(insert, sorted, added => added.Link.Code);
        Add(insert, sorted, added => added.Link.Target);
        Add(insert, sorted, added => added.Link.CreatedAt);
        Add(insert, sorted, added => added.TickEnd);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var ids = new HashSet<long>();
        while (await row.ReadAsync(cancellationToken))
            ids.Add(row.GetInt64(0));
        // The rows are sent before the commit is tried; where it fails, only the end tells.
        await row.NextResultAsync(cancellationToken);
        return ids;
    }

    private static void Add<T>(NpgsqlCommand insert, List<AddedLink> links, Func<AddedLink, T> column) =>
        insert.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. links.Select(column)] });

    private const string InsertLink =
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    private async Task<AddLinkResult> AddAloneAsync(AddedLink added, CancellationToken cancellationToken)
    {
        try
        {
            return await _cluster.WriteStatementAsync(added, InsertAsync, cancellationToken);
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

    private static async Task<AddLinkResult> InsertAsync(
        WriteTransaction write, AddedLink added, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(InsertLink);
        BindLink(insert, added);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1
            ? AddLinkResult.Added
            : AddLinkResult.CodeTaken;
    }

    /// <summary>The values of a link's columns, from <c>$1</c> on, in the order of the insert.</summary>
    public static void BindLink(NpgsqlCommand insert, AddedLink added)
    {
        var link = added.Link;
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = link.Id.ToInt64() });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Domain });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Code });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = link.Target });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = link.CreatedAt });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = added.TickEnd });
    }
}

/// <param name="Link">The link to insert.</param>
/// <param name="TickEnd">When the tick of its id ends.</param>
internal readonly record struct AddedLink(Link Link, DateTimeOffset TickEnd);
