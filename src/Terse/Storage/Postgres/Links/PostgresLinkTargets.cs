using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkTargets"/>
/// <remarks>
/// The index contains a hash of the target, because a target can be longer than an entry of an index. The id
/// in the index sorts links with the same target, so that a search reads only the newest of them. Aliases and
/// erased links have an empty target, which no request has.
/// </remarks>
internal sealed class PostgresLinkTargets(Cluster cluster, TimeProvider time) : ILinkTargets
{
    /// <summary>The index, which is built in the background.</summary>
    public static readonly PostgresIndex Index =
        new("link_target", "link", "hashtextextended(target, 0), id");

    private bool _hasIndex;

    private const string SelectHasIndex =
        "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('link_target') AND indisvalid)";

    private const string SelectLinks =
        $"""
        SELECT {PostgresLinkLookups.Columns}
        FROM (
            SELECT id FROM link WHERE hashtextextended(target, 0) = hashtextextended($1, 0)
            ORDER BY id DESC LIMIT $3) AS newest
            JOIN link ON link.id = newest.id
        WHERE target = $1 AND domain = $2 AND deleted_at IS NULL
        ORDER BY newest.id DESC
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Link>> FindByTargetAsync(
        string domain, string target, CancellationToken cancellationToken) =>
        await PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(
                ConnectionShare.Creations, Freshness.Latest, (domain, target), FindAsync, token),
            time,
            cancellationToken)
        ?? throw new StoreUnavailableException(
            "The server still builds the index of targets; retry later, or create the link without "
            + "ifExists.");

    private async Task<IReadOnlyList<Link>?> FindAsync(
        ReadTransaction read, (string Domain, string Target) call, CancellationToken cancellationToken)
    {
        if (!_hasIndex)
        {
            await using var selectIndex = read.CreateCommand(SelectHasIndex);
            _hasIndex = (bool)(await selectIndex.ExecuteScalarAsync(cancellationToken))!;
            if (!_hasIndex)
                return null;
        }

        await using var select = read.CreateCommand(SelectLinks);
        select.Bind(call.Target);
        select.Bind(call.Domain);
        select.Bind(ILinkTargets.MaxLinks);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var links = new List<Link>();
        while (await row.ReadAsync(cancellationToken))
            links.Add(PostgresLinkLookups.ReadLink(row));
        return links;
    }
}
