using Microsoft.Extensions.Options;

namespace Terse.Visits;

/// <summary>
/// The setting for the retention of single visits, in the configuration section <c>Visits</c>.
/// </summary>
internal sealed class RetentionOptions
{
    public const string Section = "Visits";

    public static readonly string[] SettingNames = [nameof(Retention)];

    /// <summary>
    /// How long the database keeps single visits, 1 to 3,660 days. Expired visits are dropped in whole days
    /// (UTC); the counts of visits are not dropped. A single visit takes a few hundred bytes, so a longer
    /// retention needs more disk space. Default: 90 days.
    /// </summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);
}

internal sealed class RetentionOptionsValidator : IValidateOptions<RetentionOptions>
{
    private const int MaxDays = 3_660;

    public ValidateOptionsResult Validate(string? name, RetentionOptions options) =>
        options.Retention.TotalDays is >= 1 and <= MaxDays
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Visits:Retention is {options.Retention}; set 1 to {MaxDays} days, like '90.00:00:00'.");
}
