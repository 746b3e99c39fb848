using Microsoft.Extensions.Options;
using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkStore"/>
/// <remarks>
/// A replica lags. It is asked first, and what it shows is served; that it shows nothing is final only where
/// the code tells its time and the replica's horizon, read in the same snapshot, has passed it. All else is
/// asked of the primary, one question a code at a time and within a budget.
/// </remarks>
internal sealed class PostgresLinkStore(
    Cluster cluster,
    PostgresLayouts layouts,
    IOptions<DatabaseOptions> options,
    TimeProvider time) : ILinkStore
{
    /// <summary>How long an answer may take, all waiting for hosts that are lost included.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly MissGate<Lookup> _misses = new(options.Value.MissesPerSecond, time);

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
            return await PostgresErrors.WithinAsync(adding, Patience, time, cancellationToken);
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
    public async ValueTask<Link?> FindAsync(
        string domain, string code, CancellationToken cancellationToken) =>
        await PostgresErrors.WithinAsync(
            FindAsync((domain, code), cancellationToken), Patience, time, cancellationToken);

    private async Task<Link?> FindAsync(
        (string Domain, string Code) key, CancellationToken cancellationToken)
    {
        var seen = await LookAsync(Freshness.Any, key, cancellationToken);
        return seen.Link is not null || IsFinal(seen, key.Code)
            ? seen.Link
            : await FindMissedAsync(key, cancellationToken);
    }

    /// <summary>
    /// Whether a link that a lookup did not show does not exist. The timeline is compared with what is known
    /// now, after the lookup.
    /// </summary>
    private bool IsFinal(Lookup seen, string code)
    {
        if (seen.Timeline != cluster.Timeline)
            return false;
        return seen.IsPrimary
            || (layouts.NewestTimeOf(code, seen.Layouts) is { } newest && newest <= seen.ClosedAt);
    }

    private async Task<Link?> FindMissedAsync(
        (string Domain, string Code) key, CancellationToken cancellationToken)
    {
        try
        {
            var asked = _misses.AskAsync(key, AskPrimaryAsync, answer => answer.Link is not null);
            if (await asked.WaitAsync(cancellationToken) is { } seen
                && (seen.Link is not null || IsFinal(seen, key.Code)))
            {
                return seen.Link;
            }
        }
        catch (HostUnavailableException)
        {
            // Then a replica has to come far enough.
        }

        if (layouts.NewestTimeOf(key.Code) is { } horizon
            && await cluster.WaitForHorizonAsync(horizon, Patience, cancellationToken))
        {
            var seen = await LookAsync(Freshness.AtLeast(horizon), key, cancellationToken);
            if (seen.Link is not null || IsFinal(seen, key.Code))
                return seen.Link;
        }

        throw new StoreUnavailableException(
            "Whether this code has a link cannot be told at present: no replica has come far enough, and the "
            + "primary is lost or asked too much.");
    }

    private Task<Lookup> AskPrimaryAsync((string Domain, string Code) key) =>
        LookAsync(Freshness.Latest, key, CancellationToken.None);

    private const string SelectLink =
        """
        SELECT h.closed_at,
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            (SELECT count(*) FROM key_layout), pg_is_in_recovery(),
            l.id, l.domain, l.code, l.target, l.created_at
        FROM horizon AS h LEFT JOIN link AS l ON l.domain = $1 AND l.code = $2
        """;

    private Task<Lookup> LookAsync(
        Freshness freshness, (string Domain, string Code) key, CancellationToken cancellationToken) =>
        cluster.ReadAsync(freshness, key, LookAsync, cancellationToken);

    private static async Task<Lookup> LookAsync(
        ReadTransaction read, (string Domain, string Code) key, CancellationToken cancellationToken)
    {
        // A replica that is promoted while the statement runs shows what it was before.
        var wasPrimary = read.Host.State.Role == HostRole.Primary;
        await using var select = read.CreateCommand(SelectLink);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Domain });
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Code });
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return ReadLookup(row, wasPrimary);
    }

    private static Lookup ReadLookup(NpgsqlDataReader row, bool wasPrimary) => new(
        row.IsDBNull(4) ? null : ReadLink(row),
        row.GetFieldValue<DateTimeOffset>(0),
        row.GetInt32(1),
        row.GetInt64(2),
        IsPrimary: wasPrimary && !row.GetBoolean(3));

    private static Link ReadLink(NpgsqlDataReader row) => new(
        Tsid.FromInt64(row.GetInt64(4)),
        row.GetString(5),
        row.GetString(6),
        row.GetString(7),
        row.GetFieldValue<DateTimeOffset>(8));

    /// <summary>What one snapshot of one host shows.</summary>
    private sealed record Lookup(
        Link? Link, DateTimeOffset ClosedAt, int Timeline, long Layouts, bool IsPrimary);
}
