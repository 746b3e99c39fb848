using System.Collections.Concurrent;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// The one thread that writes. It takes all writes that wait, runs them in one transaction, and answers them
/// after the commit: under load a single sync of the disk serves them all (group commit).
/// </summary>
/// <remarks>
/// A write is answered only when its commit is on disk. When a transaction fails, none of its writes is
/// answered as done, the connection is closed, and the next transaction begins on a new one.
/// </remarks>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>Writes that may wait; one more is answered 503 at once rather than kept waiting.</summary>
    private const int MaxWaiting = 16_384;

    /// <summary>Writes of one transaction, so that none waits for long.</summary>
    private const int MaxBatch = 1024;

    private readonly SqliteDatabase _database;
    private readonly BlockingCollection<Write> _waiting = new(MaxWaiting);
    private readonly Thread _thread;
    private SqliteSession? _session;

    public SqliteWriter(SqliteDatabase database)
    {
        _database = database;
        _thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs a write in a transaction and returns its result when the commit is on disk.</summary>
    /// <param name="write">Runs on the writer's thread; must not keep the session.</param>
    /// <param name="cancellationToken">Ends the wait; the write may be committed all the same.</param>
    /// <exception cref="StoreUnavailableException">The commit failed, or too many writes wait.</exception>
    public Task<T> RunAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellationToken)
    {
        var waiting = new Write<T>(write);
        try
        {
            if (!_waiting.TryAdd(waiting))
                throw new StoreUnavailableException($"{MaxWaiting} writes are waiting already.");
        }
        catch (InvalidOperationException exception)
        {
            throw new StoreUnavailableException("The server is stopping.", exception);
        }

        return waiting.Result.WaitAsync(cancellationToken);
    }

    /// <summary>Commits what waits, then ends.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
    }

    private void Run()
    {
        var batch = new List<Write>(MaxBatch);
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && _waiting.TryTake(out var next))
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
                throw new StoreUnavailableException("The file of the links' database is gone.");
            _session ??= _database.OpenWriter();
            _session.Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            foreach (var write in batch)
                write.Execute(_session);
            _session.Command("COMMIT").ExecuteNonQuery();
        }
#pragma warning disable CA1031 // Whatever went wrong, those who wait must hear of it, and the thread go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _session?.Dispose(); // which rolls back
            _session = null;
            Fail(batch, SqliteErrors.Translate(exception));
            return;
        }

        foreach (var write in batch)
            write.Complete();
    }

    /// <summary>
    /// What waits behind a transaction that the infrastructure failed would fail in the same way, only later;
    /// nobody is to wait for that.
    /// </summary>
    private void Fail(List<Write> batch, Exception exception)
    {
        while (exception is StoreUnavailableException && _waiting.TryTake(out var next))
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
