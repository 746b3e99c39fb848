using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Notifies the listener of changes of links that another process, such as a second Terse server, commits to
/// the same file. Four times per second the feed asks SQLite whether another connection has committed; this
/// check reads no page of the file. The feed reads the changes only after such a commit.
/// </summary>
internal sealed partial class SqliteChangeFeed(
    SqliteDatabase database,
    ILinkChangeListener listener,
    ChangeMetrics metrics,
    TimeProvider time,
    ILogger<SqliteChangeFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private SqliteSession? _session;
    private long _version;
    private long? _lastReported;

    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Asks SQLite whether there are new commits, and reports their changes to the listener.
    /// </summary>
    public Task PollAsync(CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var isNew = _session is null;
        _session ??= database.OpenReader();
        if (ReadNumber(_session, "PRAGMA data_version") is var version && (version != _version || isNew))
            Report(_session);
        _version = version;
        listener.OnComplete(begin);
        metrics.SetConnected(true);
        return Task.CompletedTask;
    }

    /// <summary>Closes the connection after a failed poll; the next poll opens a new connection.</summary>
    public void OnFailure(Exception exception, bool isFirst)
    {
        _session?.Dispose();
        _session = null;
        metrics.SetConnected(false);
        if (isFirst)
            LogLost(SqliteErrors.Translate(exception).Message);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(PollAsync, stoppingToken);

    private const string SelectLast = "SELECT coalesce(max(seq), 0) FROM link_change";

    private const string SelectChanges =
        "SELECT seq, domain, code FROM link_change WHERE seq > ?1 ORDER BY seq";

    private void Report(SqliteSession session)
    {
        if (_lastReported is not { } last)
        {
            _lastReported = ReadNumber(session, SelectLast);
            listener.OnAllChanged();
            return;
        }

        using var row = session.Command(SelectChanges, last).ExecuteReader();
        while (row.Read())
        {
            metrics.CountReceived();
            listener.OnChanged(new(row.GetString(1), row.GetString(2)));
            _lastReported = row.GetInt64(0);
        }
    }

    private static long ReadNumber(SqliteSession session, string sql) =>
        (long)session.Command(sql).ExecuteScalar()!;

    [LoggerMessage(
        610,
        LogLevel.Warning,
        "Changes by other processes cannot be read; until they can, links are cached for 3 s: {Reason}")]
    private partial void LogLost(string reason);
}
