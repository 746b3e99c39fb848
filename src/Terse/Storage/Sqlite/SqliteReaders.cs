using System.Collections.Concurrent;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Connections for reading, kept open with their prepared statements. A read that starts after a commit sees
/// it. Safe for use by any number of threads.
/// </summary>
internal sealed class SqliteReaders(SqliteDatabase database) : IDisposable
{
    /// <summary>Connections that are kept; under more threads than that, some are opened anew.</summary>
    private static readonly int MaxKept = Environment.ProcessorCount * 4;

    private readonly ConcurrentQueue<SqliteSession> _kept = [];

    /// <summary>Runs a read.</summary>
    /// <param name="read">Must not keep the session; takes an argument, so that it can be static.</param>
    /// <param name="argument">What <paramref name="read"/> is to look for.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The file cannot be read at present.</exception>
    public TResult Run<TArgument, TResult>(
        Func<SqliteSession, TArgument, TResult> read, TArgument argument)
    {
        SqliteSession? session = null;
        try
        {
            if (!_kept.TryDequeue(out session))
                session = database.OpenReader();
            var result = read(session, argument);
            if (_kept.Count < MaxKept)
            {
                _kept.Enqueue(session);
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
        while (_kept.TryDequeue(out var session))
            session.Dispose();
    }
}
