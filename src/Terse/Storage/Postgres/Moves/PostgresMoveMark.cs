using Npgsql;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Postgres;

/// <summary>
/// The row that says what a move does with the database: it is the source of a move, closed, or its target.
/// </summary>
internal sealed record PostgresMoveMark(string Id, string Role, string Peer)
{
    public const string Source = "source";
    public const string Closed = "closed";
    public const string Target = "target";
    public const string Done = "done";

    /// <summary>
    /// The SQLSTATE with which a closed database refuses a write. Its class is that of an operator's
    /// intervention, so a server answers 503, and goes on reading.
    /// </summary>
    public const string ClosedState = "57T01";

    public const string Create =
        """
        CREATE TABLE IF NOT EXISTS move_state (
            one  integer PRIMARY KEY CHECK (one = 1),
            id   text NOT NULL,
            role text NOT NULL, -- source, closed, target or done
            peer text NOT NULL  -- the other database
        );
        """;

    private const string Exists = "SELECT to_regclass('move_state') IS NOT NULL";

    private const string Select = "SELECT id, role, peer FROM move_state";

    /// <summary>Returns the mark of the database; null if no move uses or has used it.</summary>
    public static async Task<PostgresMoveMark?> ReadAsync(Func<string, NpgsqlCommand> command)
    {
        await using (var exists = command(Exists))
        {
            if (!(bool)(await exists.ExecuteScalarAsync())!)
                return null;
        }

        await using var select = command(Select);
        await using var row = await select.ExecuteReaderAsync();
        return await row.ReadAsync() ? new(row.GetString(0), row.GetString(1), row.GetString(2)) : null;
    }

    public async Task StoreAsync(PostgresMoveSession session)
    {
        await using var upsert = session.Command(
            """
            INSERT INTO move_state (one, id, role, peer) VALUES (1, $1, $2, $3)
            ON CONFLICT (one) DO UPDATE SET id = excluded.id, role = excluded.role, peer = excluded.peer
            """);
        upsert.Bind(Id);
        upsert.Bind(Role);
        upsert.Bind(Peer);
        await upsert.ExecuteNonQueryAsync();
    }

    /// <summary>Checks that a server may use the database.</summary>
    /// <exception cref="StartupException">
    /// The links have moved, or the database is the unfinished target of a move.
    /// </exception>
    public static async Task AssertIsOpenAsync(ReadTransaction read)
    {
        var mark = await ReadAsync(read.CreateCommand);
        if (mark?.Role == Closed)
            throw new StartupException(MoveTexts.HasMoved("this PostgreSQL database", mark.Peer));
        if (mark?.Role == Target)
            throw new StartupException(MoveTexts.IsUnfinished("this PostgreSQL database", mark.Peer));
    }
}
