using Terse.Storage.Moves;

namespace Terse.Storage.Postgres;

/// <summary>The SQL with which a move reads and writes a table of PostgreSQL.</summary>
internal sealed class PostgresMoveSql(MovedTable table)
{
    private string Key => List(table.Key.Select(column => column.Name));

    private string Log => LogOf(table.Name);

    /// <summary>The temporary tables that receive rows and keys.</summary>
    private string Stage => $"move_stage_{table.Name}";

    private string KeyStage => $"move_keys_{table.Name}";

    public static string LogOf(string name) => $"move_log_{name}";

    private static string Read(MovedColumn column) => column.Kind switch
    {
        ColumnKind.Number => $"{column.Name}::bigint",
        ColumnKind.Json => $"{column.Name}::text",
        _ => column.Name,
    };

    private static string Reads(IEnumerable<MovedColumn> columns) => List(columns.Select(Read));

    public string SelectAll => $"SELECT {Reads(table.Columns)} FROM {table.Name}";

    /// <summary>Selects the next rows, and the position of each as a list of SQL literals.</summary>
    public string SelectNext(string? position, int limit)
    {
        var literals = List(table.Key.Select(column => $"quote_literal({column.Name}::text)"));
        var after = position is null ? "" : $"WHERE ({Key}) > ({position})";
        return FormattableString.Invariant(
            $"""
            SELECT {Reads(table.Columns)}, concat_ws(',', {literals}) FROM {table.Name} {after}
            ORDER BY {Key} LIMIT {limit}
            """);
    }

    public string SelectChanges =>
        $"SELECT seq, {Reads(table.Key)} FROM {Log} WHERE seq > $1 ORDER BY seq LIMIT $2";

    public string SelectChanged =>
        $"""
        SELECT {Reads(table.Columns)} FROM {table.Name}
        WHERE ({Key}) IN (SELECT {Key} FROM {Log} WHERE seq > $1 AND seq <= $2)
        """;

    /// <summary>A smaller number may be committed after a greater one, so the statement names each.</summary>
    public string Forget => $"DELETE FROM {Log} WHERE seq = ANY ($1)";

    /// <summary>Creates the record of changes of the table.</summary>
    public string Track
    {
        get
        {
            string Row(string row) => List(table.Key.Select(column => $"{row}.{column.Name}"));
            return $"""
                CREATE TABLE {Log} AS SELECT {Key} FROM {table.Name} WITH NO DATA;
                ALTER TABLE {Log} ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
                CREATE FUNCTION {Log}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE' THEN
                        INSERT INTO {Log} ({Key}) VALUES ({Row("OLD")});
                    ELSE
                        INSERT INTO {Log} ({Key}) VALUES ({Row("NEW")});
                    END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER {Log} AFTER INSERT OR UPDATE OR DELETE ON {table.Name}
                    FOR EACH ROW EXECUTE FUNCTION {Log}();
                """;
        }
    }

    public string Untrack =>
        $"""
        DROP TRIGGER IF EXISTS {Log} ON {table.Name};
        DROP FUNCTION IF EXISTS {Log}();
        DROP TABLE IF EXISTS {Log};
        """;

    public static string CloseOf(string table) =>
        $"""
        CREATE TRIGGER move_closed BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION move_closed();
        """;

    public string CreateStages =>
        $"""
        CREATE TEMP TABLE {Stage} ({List(table.Columns.Select(Staged))}) ON COMMIT DELETE ROWS;
        CREATE TEMP TABLE {KeyStage} ({List(table.Key.Select(Staged))}) ON COMMIT DELETE ROWS;
        """;

    public string CopyRows => $"COPY {Stage} FROM STDIN (FORMAT BINARY)";

    public string CopyKeys => $"COPY {KeyStage} FROM STDIN (FORMAT BINARY)";

    public string Insert(bool skipsExisting)
    {
        var names = table.Columns.Select(column => column.Name);
        var values = table.Columns.Select(Cast);
        if (table.PostgresOnly is { } only)
            (names, values) = (names.Append(only.Name), values.Append(only.From));
        return $"INSERT INTO {table.Name} ({List(names)}) OVERRIDING SYSTEM VALUE "
            + $"SELECT {List(values)} FROM {Stage}"
            + (skipsExisting ? " ON CONFLICT DO NOTHING" : "");
    }

    public string DeleteKeys =>
        $"DELETE FROM {table.Name} WHERE ({Key}) IN (SELECT {Key} FROM {KeyStage})";

    public string SelectKeys => $"{SelectAll} WHERE ({Key}) IN (SELECT {Key} FROM {KeyStage})";

    private static string Cast(MovedColumn column) =>
        column.Kind == ColumnKind.Json ? $"{column.Name}::jsonb" : column.Name;

    private static string Staged(MovedColumn column) => $"{column.Name} " + column.Kind switch
    {
        ColumnKind.Number => "bigint",
        ColumnKind.Bytes => "bytea",
        ColumnKind.Flag => "boolean",
        ColumnKind.Microseconds or ColumnKind.Milliseconds or ColumnKind.Seconds or ColumnKind.Hours =>
            "timestamptz",
        ColumnKind.Duration => "interval",
        ColumnKind.Uuid => "uuid",
        _ => "text COLLATE \"C\"",
    };

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts);
}
