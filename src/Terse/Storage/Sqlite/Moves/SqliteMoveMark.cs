using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Sqlite;

/// <summary>
/// The row that says what a move does with the file: it is the source of a move, closed, or its target.
/// </summary>
internal sealed record SqliteMoveMark(string Id, string Role, string Peer)
{
    public const string Source = "source";
    public const string Closed = "closed";
    public const string Target = "target";
    public const string Done = "done";

    public const string Create =
        """
        CREATE TABLE IF NOT EXISTS move_state (
            one  INTEGER PRIMARY KEY CHECK (one = 1),
            id   TEXT NOT NULL,
            role TEXT NOT NULL, -- source, closed, target or done
            peer TEXT NOT NULL  -- the other database
        ) STRICT;
        """;

    private const string Exists =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'move_state'";

    /// <summary>Returns the mark of the file; null if no move uses or has used it.</summary>
    public static SqliteMoveMark? Read(SqliteSession session)
    {
        if ((long)session.Command(Exists).ExecuteScalar()! == 0)
            return null;
        using var row = session.Command("SELECT id, role, peer FROM move_state").ExecuteReader();
        return row.Read() ? new(row.GetString(0), row.GetString(1), row.GetString(2)) : null;
    }

    public void Store(SqliteSession session) => session
        .Command(
            "INSERT OR REPLACE INTO move_state (one, id, role, peer) VALUES (1, ?1, ?2, ?3)", Id, Role, Peer)
        .ExecuteNonQuery();

    /// <summary>The file to which a move copies, until it is complete and gets the database's name.</summary>
    public static string UnfinishedOf(string path) => path + ".moving";

    /// <summary>Checks that no move to this folder has begun that is not complete.</summary>
    /// <exception cref="StartupException">A server would begin with an empty database.</exception>
    public static void AssertIsFinished(string path)
    {
        if (File.Exists(UnfinishedOf(path)))
        {
            throw new StartupException(
                $"A move to {path} is not finished; run 'terse move' again to finish it, or end it with "
                + $"'terse move --cancel' and delete {UnfinishedOf(path)}.");
        }
    }

    /// <summary>Checks that a server may use the file.</summary>
    /// <exception cref="StartupException">
    /// The file has moved, or is the unfinished target of a move.
    /// </exception>
    public static void AssertIsOpen(SqliteSession session, string path)
    {
        var mark = Read(session);
        if (mark?.Role == Closed)
            throw new StartupException(MoveTexts.HasMoved(path, mark.Peer));
        if (mark?.Role == Target)
            throw new StartupException(MoveTexts.IsUnfinished(path, mark.Peer));
    }
}
