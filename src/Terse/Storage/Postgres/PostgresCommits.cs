using Npgsql;

namespace Terse.Storage.Postgres;

/// <summary>Waits for the commit of a statement that returns rows and commits by itself.</summary>
internal static class PostgresCommits
{
    /// <summary>
    /// Waits until PostgreSQL has committed the statement whose rows were read. PostgreSQL sends the rows
    /// before it runs deferred triggers and commits. Npgsql reports an error of these only when the reader
    /// advances to the next result.
    /// </summary>
    public static Task AwaitCommitAsync(this NpgsqlDataReader rows, CancellationToken cancellationToken) =>
        rows.NextResultAsync(cancellationToken);
}
