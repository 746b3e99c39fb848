using System.Globalization;

namespace Terse.Horizon;

/// <summary>
/// The time limits of reads. PostgreSQL has limits of its own, which hold when the cancel request of Npgsql
/// is lost. Immutable, and therefore safe for use by any number of threads.
/// </summary>
internal sealed class ReadLimits
{
    /// <summary>Begins a transaction for reads without a time limit of PostgreSQL.</summary>
    public const string BeginRead =
        """
        BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY;
        SET LOCAL idle_in_transaction_session_timeout = '5s'
        """;

    /// <summary>
    /// How much longer the limit of the other side is: of PostgreSQL for lookups, so that Npgsql's limit
    /// counts, and of Npgsql for reports.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    public ReadLimits(ClusterOptions options)
    {
        SettingOfLookups = SettingOf(TimeSpan.FromSeconds(SecondsOf(options.ReadTimeout)) + Margin);
        BeginPooledLookup = $"{BeginRead}; SET LOCAL {SettingOfLookups}";
        BeginReport = $"{BeginRead}; SET LOCAL {SettingOf(options.ReportTimeout)}; SET LOCAL jit = off";
        ReportSeconds = SecondsOf(options.ReportTimeout + Margin);
    }

    /// <summary>PostgreSQL's setting for connections of lookups, as <c>name=value</c>.</summary>
    public string SettingOfLookups { get; }

    public string BeginPooledLookup { get; }

    /// <summary>
    /// Begins a report. Compiling its statement (JIT) would take longer than running it, because PostgreSQL
    /// overestimates statements with a LIMIT.
    /// </summary>
    public string BeginReport { get; }

    /// <summary>How many seconds Npgsql waits for each command of a report.</summary>
    public int ReportSeconds { get; }

    /// <summary>Converts a limit to Npgsql's unit. For Npgsql, 0 would mean no limit.</summary>
    public static int SecondsOf(TimeSpan limit) => Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));

    private static string SettingOf(TimeSpan limit) =>
        string.Create(CultureInfo.InvariantCulture, $"statement_timeout={(long)limit.TotalMilliseconds}");
}
