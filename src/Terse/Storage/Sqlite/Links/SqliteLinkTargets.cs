using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkTargets"/>
/// <remarks>
/// The table <c>link_target</c> is an index of the hashes of targets. An index of the targets themselves
/// would be as large as the table of links.
/// </remarks>
internal sealed partial class SqliteLinkTargets(
    SqliteWriter writer, SqliteReaders readers, TimeProvider time, ILogger<SqliteLinkTargets> logger)
    : BackgroundService, ILinkTargets
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many links one transaction adds to the index. The writer needs about 10 ms for this many links.
    /// </summary>
    private const int MaxAdded = 500;

    /// <summary>
    /// The pause after each transaction, as a multiple of its duration, so that other writes have most of the
    /// writer's time.
    /// </summary>
    private const int PauseFactor = 4;

    private const string SelectLinks =
        $"""
        SELECT {SqliteLinkStore.Columns}
        FROM (SELECT link_id FROM link_target WHERE hash = ?1 ORDER BY link_id DESC LIMIT ?4) AS newest
            CROSS JOIN link ON link.id = newest.link_id
        WHERE link.target = ?2 AND link.domain = ?3 AND link.deleted_at IS NULL
        ORDER BY newest.link_id DESC
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Link>> FindByTargetAsync(
        string domain, string target, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, (domain, target))
            ?? throw new StoreUnavailableException(
                "The server still builds the index of targets; retry later, or create the link without "
                + "ifExists."));

    private static IReadOnlyList<Link>? Find(SqliteSession session, (string Domain, string Target) call)
    {
        if (session.Command(SelectMissing).ExecuteScalar() is not null)
            return null;
        var hash = HashOf(call.Target);
        using var row = session.Command(
            SelectLinks, hash, call.Target, call.Domain, ILinkTargets.MaxLinks).ExecuteReader();
        var links = new List<Link>();
        while (row.Read())
            links.Add(SqliteLinkStore.ReadLink(row));
        return links;
    }

    private const string Insert = "INSERT OR IGNORE INTO link_target (hash, link_id) VALUES (?1, ?2)";

    /// <summary>Adds a new link to the index, inside the caller's transaction.</summary>
    public static void Add(SqliteSession session, long link, string target) =>
        session.Rows(Insert).With(HashOf(target)).With(link).Run();

    private const string SelectTarget = "SELECT target FROM link WHERE id = ?1";

    private const string Delete = "DELETE FROM link_target WHERE hash = ?1 AND link_id = ?2";

    /// <summary>Returns the target of a link before a change; null if there is no such link.</summary>
    public static string? TargetOf(SqliteSession session, Link changed) =>
        session.Command(SelectTarget, changed.Id.ToInt64()).ExecuteScalar() as string;

    /// <summary>Updates the index after a change of a link, inside the caller's transaction.</summary>
    public static void Replace(SqliteSession session, string? earlier, Link changed)
    {
        if (earlier is null || earlier == changed.Target)
            return;
        session.Rows(Delete).With(HashOf(earlier)).With(changed.Id.ToInt64()).Run();
        if (!changed.IsErased)
            Add(session, changed.Id.ToInt64(), changed.Target);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await BackgroundLoop.TryAsync(AddAllMissingAsync, OnFailure, stoppingToken))
            await Task.Delay(RetryInterval, time, stoppingToken);
    }

    /// <summary>Adds the links of earlier versions to the index.</summary>
    public Task AddAllMissingAsync(CancellationToken cancellationToken) => BackgroundLoop.RepeatAsync(
        token => writer.RunAsync(AddMissing, token), PauseFactor, time, cancellationToken);

    private const string SelectMissing =
        "SELECT next_id, last_id FROM missing_targets WHERE next_id <= last_id";

    private const string SelectNext =
        """
        SELECT id, target FROM link
        WHERE id >= ?1 AND id <= ?2 AND target <> '' ORDER BY id LIMIT ?3
        """;

    private const string SetNext = "UPDATE missing_targets SET next_id = ?1";

    private static bool AddMissing(SqliteSession session)
    {
        var (next, last) = (0L, -1L);
        var missing = session.Rows(SelectMissing);
        if (missing.Read())
            (next, last) = (missing.Number(0), missing.Number(1));
        missing.Reset();
        if (next > last)
            return false;
        var added = new List<(long Id, string Target)>();
        var row = session.Rows(SelectNext).With(next).With(last).With(MaxAdded);
        while (row.Read())
            added.Add((row.Number(0), row.Text(1)));
        foreach (var (id, target) in added)
            Add(session, id, target);
        session.Rows(SetNext).With(added.Count == MaxAdded ? added[^1].Id + 1 : last + 1).Run();
        return true;
    }

    private static long HashOf(string target)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(target), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    private void OnFailure(Exception exception) => LogFailed(exception.Message);

    [LoggerMessage(
        611,
        LogLevel.Warning,
        "The index of targets is not complete; the server continues in a minute: {Reason}")]
    private partial void LogFailed(string reason);
}
