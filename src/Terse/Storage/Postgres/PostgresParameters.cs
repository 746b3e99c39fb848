using Npgsql;

namespace Terse.Storage.Postgres;

/// <summary>
/// Binds the parameters of a statement: the first call binds <c>$1</c>, the next <c>$2</c>, and so on.
/// </summary>
internal static class PostgresParameters
{
    /// <summary>
    /// Binds one value. Its type decides the PostgreSQL type, also where the value is null.
    /// </summary>
    public static void Bind<T>(this NpgsqlCommand command, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    /// <summary>Binds one column of many rows as an array, for <c>unnest</c>.</summary>
    public static void BindColumn<TRow, T>(
        this NpgsqlCommand command, IEnumerable<TRow> rows, Func<TRow, T> column) =>
        command.Bind<T[]>([.. rows.Select(column)]);
}
