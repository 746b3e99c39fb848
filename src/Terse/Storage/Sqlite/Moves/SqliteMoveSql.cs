using System.Globalization;
using Terse.Storage.Moves;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>The SQL with which a move reads and writes a table of SQLite.</summary>
internal sealed class SqliteMoveSql
{
    private static readonly string[] Changes = ["INSERT", "UPDATE", "DELETE"];

    private readonly MovedTable _table;
    private readonly long _midnight;

    public SqliteMoveSql(MovedTable table)
    {
        _table = table;
        _midnight = table.Day is { } day ? VisitPartition.StartOf(day).ToUnixTimeMilliseconds() : 0;
    }

    private bool IsDay => _table.Day is not null;

    /// <summary>The columns of SQLite that identify a row.</summary>
    private IEnumerable<string> RawKey => IsDay ? ["id"] : _table.Key.Select(column => column.SqliteName);

    private string Log => LogOf(_table.Name);

    public static string LogOf(string table) => $"move_log_{table}";

    /// <summary>The expressions that return the values of a move.</summary>
    private string Reads(IEnumerable<MovedColumn> columns) => List(columns.Select(column =>
        (IsDay, column.Name) switch
        {
            (true, "at") => string.Create(
                CultureInfo.InvariantCulture, $"{_midnight} + (id >> {SqliteVisitPartitions.NumberBits})"),
            (true, "number") => string.Create(
                CultureInfo.InvariantCulture, $"id & {SqliteVisitPartitions.NumberMask}"),
            _ => column.SqliteName,
        }));

    private string Order => List(IsDay ? RawKey : _table.SqliteOrder ?? RawKey);

    public string SelectAll => $"SELECT {Reads(_table.Columns)} FROM {_table.Name}";

    /// <summary>Selects the next rows, and the position of each as a list of SQL literals.</summary>
    public string SelectNext(string? position, int limit)
    {
        var order = IsDay ? RawKey : _table.SqliteOrder ?? RawKey;
        var literals = string.Join(" || ',' || ", order.Select(column => $"quote({column})"));
        var after = position is null ? "" : $"WHERE ({Order}) > ({position})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT {Reads(_table.Columns)}, {literals} FROM {_table.Name} {after}
            ORDER BY {Order} LIMIT {limit}
            """);
    }

    public string SelectChanges =>
        $"SELECT seq, {Reads(_table.Key)} FROM {Log} WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    public string SelectChanged =>
        $"""
        SELECT {Reads(_table.Columns)} FROM {_table.Name}
        WHERE ({List(RawKey)}) IN (SELECT {List(RawKey)} FROM {Log} WHERE seq > ?1 AND seq <= ?2)
        """;

    public string Forget => $"DELETE FROM {Log} WHERE seq > ?1 AND seq <= ?2";

    /// <summary>Creates the record of changes of the table.</summary>
    public string Track
    {
        get
        {
            string Trigger(string change, string row) =>
                $"""
                CREATE TRIGGER move_{change}_{_table.Name} AFTER {change} ON {_table.Name} BEGIN
                    INSERT INTO {Log} ({List(RawKey)})
                    VALUES ({List(RawKey.Select(name => $"{row}.{name}"))});
                END;
                """;
            return $"""
                CREATE TABLE {Log} (seq INTEGER PRIMARY KEY AUTOINCREMENT, {List(RawKey)});
                {Trigger("INSERT", "NEW")}
                {Trigger("UPDATE", "NEW")}
                {Trigger("DELETE", "OLD")}
                """;
        }
    }

    public string Untrack =>
        $"""
        DROP TRIGGER IF EXISTS move_INSERT_{_table.Name};
        DROP TRIGGER IF EXISTS move_UPDATE_{_table.Name};
        DROP TRIGGER IF EXISTS move_DELETE_{_table.Name};
        DROP TABLE IF EXISTS {Log};
        """;

    /// <summary>Makes SQLite refuse every write of the table (<see cref="SqliteErrors.IsMoved"/>).</summary>
    public static string CloseOf(string table) => string.Concat(Changes.Select(change =>
        $"""
        CREATE TRIGGER moved_{change}_{table} BEFORE {change} ON {table} BEGIN
            SELECT RAISE(ABORT, '{SqliteErrors.Moved}');
        END;

        """));

    /// <summary>Inserts a row, with its values as parameters in the order of the columns.</summary>
    public string Insert(bool skipsExisting)
    {
        var (names, values) = (new List<string>(), new List<string>());
        for (var index = 0; index < _table.Columns.Count; index++)
        {
            if (IsDay && index < _table.KeyLength)
                continue;
            names.Add(_table.Columns[index].SqliteName);
            values.Add(string.Create(CultureInfo.InvariantCulture, $"?{index + 1}"));
        }

        if (IsDay)
        {
            names.Add("id");
            values.Add(IdOfKey);
        }

        return $"INSERT {(skipsExisting ? "OR IGNORE " : "")}INTO {_table.Name} ({List(names)}) "
            + $"VALUES ({List(values)})";
    }

    private string IdOfKey => string.Create(
        CultureInfo.InvariantCulture,
        $"((?1 - {_midnight}) << {SqliteVisitPartitions.NumberBits})"
        + $" | (?2 & {SqliteVisitPartitions.NumberMask})");

    /// <summary>A condition that finds the row of a key, with its values as parameters.</summary>
    private string HasKey => IsDay ? $"id = ({IdOfKey})"
        : string.Join(" AND ", _table.Key.Select((column, index) =>
            string.Create(CultureInfo.InvariantCulture, $"{column.SqliteName} = ?{index + 1}")));

    public string DeleteKey => $"DELETE FROM {_table.Name} WHERE {HasKey}";

    public string SelectKey => $"{SelectAll} WHERE {HasKey}";

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts);
}
