namespace Terse.Storage.Moves;

/// <summary>Messages about moved databases, which are the same for both databases.</summary>
internal static class MoveTexts
{
    public const string Refusal = "The links have moved to another database; retry on a server that uses it.";

    public static string HasMoved(string database, string peer) =>
        $"The links of {database} have moved to {peer}; start the server with that database. "
        + "docs/operating/move.md says how to move back.";

    public static string IsUnfinished(string database, string peer) =>
        $"A move from {peer} to {database} is not finished; run 'terse move' again to finish it.";

    public static string HasData(string database, string table) =>
        $"{database} is not empty: the table {table} has rows. A move needs an empty database, which no "
        + "server has used.";

    public static string IsBusy(string database) => $"Another process moves {database}; wait for its end.";

    public static string OtherMove(string database, string peer) =>
        $"A move between {database} and {peer} has begun. Finish it, or end it with 'terse move --cancel'.";
}
