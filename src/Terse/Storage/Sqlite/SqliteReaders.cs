using System.Collections.Concurrent;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A pool of connections for reading, with their prepared statements. A read that starts after a commit sees
/// that commit. Safe for use by any number of threads.
/// </summary>
internal sealed class SqliteReaders(SqliteDatabase database) : IDisposable
{
    /// <summary>
    /// The size of the pool; with more parallel reads, further connections are opened and closed.
    /// </summary>
    private static readonly int MaxPooled = Environment.ProcessorCount * 4;

    private readonly ConcurrentQueue<SqliteSession> _pooled = [];

    /// <summary>Runs a read.</summary>
    /// <param name="read">Must not store the session. It gets an argument, so that it can be static.</param>
    /// <param name="argument">The argument of <paramref name="read"/>.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The file cannot be read now.</exception>
    public TResult Run<TArgument, TResult>(
        Func<SqliteSession, TArgument, TResult> read, TArgument argument)
    {
        SqliteSession? session = null;
        try
        {
            if (!_pooled.TryDequeue(out session))
                session = database.OpenReader();
            var result = read(session, argument);
            if (_pooled.Count < MaxPooled)
            {
                _pooled.Enqueue(session);
                session = null;
            }

            return result;
        }
        catch (Microsoft.Data.Sqlite.SqliteException exception)
        {
            throw SqliteErrors.Translate(exception);
        }
        finally
        {
            session?.Dispose();
        }
    }

    public void Dispose()
    {
        while (_pooled.TryDequeue(out var session))
            session.Dispose();
    }
}
