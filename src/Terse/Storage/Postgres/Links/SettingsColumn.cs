using Npgsql;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The column <c>link.settings</c>, which the schema of the version before lacks. Statements that write links
/// exist with and without this column. The second form serves until the operator has run the migration; it
/// cannot store settings.
/// </summary>
internal static class SettingsColumn
{
    /// <summary>
    /// Runs a statement with the column. If the database lacks the column and no link has settings, runs the
    /// statement without it.
    /// </summary>
    /// <param name="links">The links that the statement writes.</param>
    /// <param name="runAsync">Runs the statement; the argument says whether it writes the column.</param>
    /// <exception cref="PostgresException">
    /// A link has settings, and the database lacks the column.
    /// </exception>
    public static async Task<T> RunAsync<T>(IEnumerable<Link> links, Func<bool, Task<T>> runAsync)
    {
        try
        {
            return await runAsync(true);
        }
        catch (PostgresException exception) when (
            exception.SqlState == PostgresErrorCodes.UndefinedColumn
            && links.All(link => link.Settings == LinkSettings.None && link.LaterCodes is null))
        {
            return await runAsync(false);
        }
    }

    /// <summary>Returns the part of a statement that writes the column, or nothing.</summary>
    public static string If(bool hasSettings, string part) => hasSettings ? part : "";

    /// <summary>
    /// Binds the settings of the links as the next parameter, unless the column is missing.
    /// </summary>
    public static void BindSettings(this NpgsqlCommand command, bool hasSettings, IEnumerable<Link> links)
    {
        if (hasSettings)
            command.BindColumn(links, link => StoredSettings.Write(link.Settings));
    }

    /// <inheritdoc cref="BindSettings(NpgsqlCommand, bool, IEnumerable{Link})"/>
    public static void BindSettings(this NpgsqlCommand command, bool hasSettings, Link link)
    {
        if (hasSettings)
            command.Bind(StoredSettings.Write(link.Settings));
    }
}
