using System.Collections.Concurrent;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Runs all writes to the database on one thread. The thread takes all queued writes, runs them in one
/// transaction, and completes them after the commit. Under load, many writes share one sync of the disk
/// (group commit).
/// </summary>
/// <remarks>
/// A write completes only when its commit is on disk. When a transaction fails, all writes of the transaction
/// fail, the writer closes the connection, and the next transaction uses a new connection.
/// </remarks>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>
    /// How many writes can wait in the queue. When the queue is full, a further write fails at once, and the
    /// API responds with status 503.
    /// </summary>
    private const int MaxQueued = 16_384;

    /// <summary>
    /// How many writes one transaction contains at most. The limit keeps transactions short, so that no write
    /// waits long for its commit.
    /// </summary>
    private const int MaxBatch = 1024;

    private readonly SqliteDatabase _database;
    private readonly BlockingCollection<Write> _queue = new(MaxQueued);
    private readonly Thread _thread;
    private readonly FolderLock _shared;
    private SqliteSession? _session;

    public SqliteWriter(SqliteDatabase database)
    {
        _database = database;
        _shared = database.Share();
        _thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs a write in a transaction and returns its result when the commit is on disk.</summary>
    /// <param name="write">
    /// Writes to the database. Runs on the writer's thread, and must not use the session after it returns.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the write may still be committed.</param>
    /// <exception cref="StoreUnavailableException">
    /// The commit failed, the queue is full, or the server is shutting down.
    /// </exception>
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
        _shared.Dispose();
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
#pragma warning disable CA1031 // Any exception fails the batch, but must not end the thread.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _session?.Dispose(); // Closing the connection rolls the transaction back.
            _session = null;
            var translated = SqliteErrors.Translate(exception);
            if (batch.Count > 1 && translated is not StoreUnavailableException)
                batch.ForEach(write => Commit([write])); // Only the write that caused the exception fails.
            else
                Fail(batch, translated);
            return;
        }

        foreach (var write in batch)
            write.Complete();
    }

    /// <summary>
    /// Fails all writes of the batch. When the database file cannot be used, also fails all queued writes at
    /// once, because the next transaction would most likely fail for the same reason.
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
