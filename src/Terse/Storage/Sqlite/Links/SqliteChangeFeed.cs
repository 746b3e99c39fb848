using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Tells of changes that another process makes in the same file, such as a second server: four times a second
/// it asks SQLite whether anybody else committed, which costs no read of the file's pages, and reads the
/// changes only then.
/// </summary>
internal sealed partial class SqliteChangeFeed(
    SqliteDatabase database,
    ILinkChangeListener watcher,
    ChangeMetrics metrics,
    TimeProvider time,
    ILogger<SqliteChangeFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private SqliteSession? _session;
    private long _version;
    private long? _told;
    private bool _isHeard;
    private bool _isLost;

    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    /// <summary>Looks once whether anything changed, and tells.</summary>
    public void Poll()
    {
        try
        {
            var isNew = _session is null;
            _session ??= database.OpenReader();
            if (ReadNumber(_session, "PRAGMA data_version") is var version && (version != _version || isNew))
                Tell(_session);
            _version = version;
            if (!_isHeard)
                watcher.OnConnected();
            (_isHeard, _isLost) = (true, false);
            metrics.SetConnected(true);
        }
        catch (SqliteException exception)
        {
            _session?.Dispose();
            _session = null;
            if (_isHeard)
                watcher.OnDisconnected();
            if (!_isLost)
                LogLost(SqliteErrors.Describe(exception) ?? exception.Message);
            (_isHeard, _isLost) = (false, true);
            metrics.SetConnected(false);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        watcher.OnDisconnected();
        using var timer = new PeriodicTimer(Between, time);
        do
        {
            Poll();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private const string SelectLast = "SELECT coalesce(max(seq), 0) FROM link_change";

    private const string SelectChanges =
        "SELECT seq, domain, code FROM link_change WHERE seq > ?1 ORDER BY seq";

    private void Tell(SqliteSession session)
    {
        if (_told is not { } told)
        {
            _told = ReadNumber(session, SelectLast);
            watcher.OnAllChanged();
            return;
        }

        using var row = session.Command(SelectChanges, told).ExecuteReader();
        while (row.Read())
        {
            metrics.CountHeard();
            watcher.OnChanged(row.GetString(1), row.GetString(2));
            _told = row.GetInt64(0);
        }
    }

    private static long ReadNumber(SqliteSession session, string sql) =>
        (long)session.Command(sql).ExecuteScalar()!;

    [LoggerMessage(
        610,
        LogLevel.Warning,
        "Changes by other processes are not heard; links are kept for 5 s until they are: {Reason}")]
    private partial void LogLost(string reason);
}
