using System.Collections.Concurrent;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// The only thread that writes. It takes all queued writes, runs them in one transaction, and completes them
/// after the commit: under load many writes share one sync of the disk (group commit).
/// </summary>
/// <remarks>
/// A write completes only when its commit is on disk. When a transaction fails, all its writes fail, the
/// connection is closed, and the next transaction uses a new connection.
/// </remarks>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>The length of the queue; a further write fails at once, which the API answers 503.</summary>
    private const int MaxQueued = 16_384;

    /// <summary>The most writes of one transaction, so that no write waits long for its commit.</summary>
    private const int MaxBatch = 1024;

    private readonly SqliteDatabase _database;
    private readonly BlockingCollection<Write> _queue = new(MaxQueued);
    private readonly Thread _thread;
    private SqliteSession? _session;

    public SqliteWriter(SqliteDatabase database)
    {
        _database = database;
        _thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs a write in a transaction and returns its result when the commit is on disk.</summary>
    /// <param name="write">Runs on the writer's thread; must not store the session.</param>
    /// <param name="cancellationToken">Ends the wait; the write may still be committed.</param>
    /// <exception cref="StoreUnavailableException">The commit failed, or the queue is full.</exception>
    public Task<T> RunAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellationToken)
    {
        var queued = new Write<T>(write);
        try
        {
            if (!_queue.TryAdd(queued))
                throw new StoreUnavailableException("The database is overloaded; retry shortly.");
        }
        catch (InvalidOperationException exception)
        {
            throw new StoreUnavailableException("The server is shutting down; retry shortly.", exception);
        }

        return queued.Result.WaitAsync(cancellationToken);
    }

    /// <summary>Commits all queued writes, then stops the thread.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        var batch = new List<Write>(MaxBatch);
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && _queue.TryTake(out var next))
                batch.Add(next);
            Commit(batch);
            batch.Clear();
        }

        _session?.Dispose();
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            if (!File.Exists(_database.Path))
                throw new StoreUnavailableException(SqliteErrors.FileMissing);
            _session ??= _database.OpenWriter();
            _session.Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            foreach (var write in batch)
                write.Execute(_session);
            _session.Command("COMMIT").ExecuteNonQuery();
        }
#pragma warning disable CA1031 // Every write of the batch gets the exception, and the thread goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _session?.Dispose(); // This rolls the transaction back.
            _session = null;
            Fail(batch, SqliteErrors.Translate(exception));
            return;
        }

        foreach (var write in batch)
            write.Complete();
    }

    /// <summary>
    /// When the infrastructure fails, the queued writes would fail in the same way, only later; so they fail
    /// at once.
    /// </summary>
    private void Fail(List<Write> batch, Exception exception)
    {
        while (exception is StoreUnavailableException && _queue.TryTake(out var next))
            batch.Add(next);
        foreach (var write in batch)
            write.Fail(exception);
    }

    private abstract class Write
    {
        public abstract void Execute(SqliteSession session);

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    private sealed class Write<T>(Func<SqliteSession, T> write) : Write
    {
        private readonly TaskCompletionSource<T> _done =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Result => _done.Task;

        public override void Execute(SqliteSession session) => _result = write(session);

        public override void Complete() => _done.SetResult(_result!);

        public override void Fail(Exception exception) => _done.SetException(exception);
    }
}
