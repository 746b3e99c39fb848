using Npgsql;

namespace Terse.Storage.Postgres;

/// <summary>
/// Binds the positional parameters of a statement. The first call binds <c>$1</c>, the second call <c>$2</c>,
/// and so on.
/// </summary>
internal static class PostgresParameters
{
    /// <summary>
    /// Binds one value. The type <typeparamref name="T"/> decides the PostgreSQL type of the parameter, even
    /// if the value is null.
    /// </summary>
    public static void Bind<T>(this NpgsqlCommand command, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    /// <summary>
    /// Binds the values of one column as an array parameter. The array has one element per row, and the SQL
    /// function <c>unnest</c> turns the array into rows again.
    /// </summary>
    public static void BindColumn<TRow, T>(
        this NpgsqlCommand command, IEnumerable<TRow> rows, Func<TRow, T> column) =>
        command.Bind<T[]>([.. rows.Select(column)]);
}
