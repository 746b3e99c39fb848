using Microsoft.Extensions.Options;

namespace Terse.Redirects;

/// <summary>
/// Limits the number, the memory and the age of the cached links. The settings are in the section
/// <c>Cache</c>.
/// </summary>
internal sealed class CacheOptions
{
    public const string Section = "Cache";

    public static readonly string[] SettingNames = [nameof(MaxEntries), nameof(MaxBytes), nameof(MaxAge)];

    /// <summary>
    /// The maximum number of cached links: 100 to 100,000,000. Default: 1,000,000. If the number is too
    /// small, links that are often followed are evicted and must be loaded again and again.
    /// </summary>
    public int MaxEntries { get; set; } = 1_000_000;

    /// <summary>
    /// The maximum memory of the cached links, in bytes, overhead included: 1 MiB to 1 TiB. Default: 256 MiB,
    /// enough for 700,000 links with targets of 50 characters. The cache grows link by link, and the process
    /// does not return this memory to the operating system, so choose a value well below the memory of the
    /// machine.
    /// </summary>
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// The maximum age of a cached link: 1 s to 7 days. Default: 1 hour. When an older link is followed, it
    /// is loaded again. The cache evicts a changed link at once, so this age matters only for a change that
    /// the change feed never reports, such as the restore of a backup of the database. With a higher value,
    /// Terse notices this change later; with a lower value, Terse loads links more often.
    /// </summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);
}

internal sealed class CacheOptionsValidator : IValidateOptions<CacheOptions>
{
    public ValidateOptionsResult Validate(string? name, CacheOptions options)
    {
        var errors = new List<string>();
        if (options.MaxEntries is < 100 or > 100_000_000)
            errors.Add($"Cache:MaxEntries is {options.MaxEntries}; set it to 100 to 100000000.");
        if (options.MaxBytes is < (1L << 20) or > (1L << 40))
            errors.Add($"Cache:MaxBytes is {options.MaxBytes}; set it to {1L << 20} to {1L << 40}.");
        if (options.MaxAge < TimeSpan.FromSeconds(1) || options.MaxAge > TimeSpan.FromDays(7))
            errors.Add($"Cache:MaxAge is {options.MaxAge}; set it to 00:00:01 to 7.00:00:00.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
