using Microsoft.Extensions.Options;

namespace Terse.Visits;

/// <summary>How long single visits are kept. Section <c>Visits</c>.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Visits";

    public static readonly string[] SettingNames = [nameof(Retention)];

    /// <summary>
    /// How long single visits are kept, 1 to 3,660 days; then they go by whole days of UTC. Counts stay. Too
    /// long, and the database grows by some hundred bytes a visit; too short, and lists end early.
    /// Default: 90 days.
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
                $"Visits:Retention is 1 to {MaxDays} days, written like '90.00:00:00'.");
}
