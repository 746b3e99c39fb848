using Microsoft.Extensions.Options;

namespace Terse.Visits;

/// <summary>The retention of single visits. Section <c>Visits</c>.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Visits";

    public static readonly string[] SettingNames = [nameof(Retention)];

    /// <summary>
    /// How long single visits are kept, 1 to 3,660 days. Expired visits are dropped in whole days (UTC);
    /// counts stay. Each single visit takes some hundred bytes in the database. Default: 90 days.
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
