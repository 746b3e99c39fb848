using System.Collections.Concurrent;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A pool of connections that only read and that keep their prepared statements. A read that starts after a
/// commit sees that commit. Safe for use by any number of threads.
/// </summary>
internal sealed class SqliteReaders(SqliteDatabase database) : IDisposable
{
    /// <summary>
    /// How many idle connections the pool keeps. When more reads run in parallel, the pool opens further
    /// connections and closes them after their read.
    /// </summary>
    private static readonly int MaxPooled = Environment.ProcessorCount * 4;

    private readonly ConcurrentQueue<SqliteSession> _pooled = [];

    /// <summary>Runs a read on a connection of the pool.</summary>
    /// <param name="read">Reads from the database. Must not use the session after it returns.</param>
    /// <param name="argument">
    /// An argument for the <paramref name="read"/> delegate, so that the delegate can be static and captures
    /// nothing.
    /// </param>
    /// <exception cref="Hosting.StoreUnavailableException">The database file cannot be read now.</exception>
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
