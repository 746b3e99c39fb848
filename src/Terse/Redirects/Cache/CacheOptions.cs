using Microsoft.Extensions.Options;

namespace Terse.Redirects;

/// <summary>The bounds of the cache of links. Section <c>Cache</c>.</summary>
internal sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>
    /// The maximum age of a cached link while the change feed is disconnected; not an option. A new request
    /// joins no load that began longer ago, for the result of that load would be older.
    /// </summary>
    public static readonly TimeSpan MaxAgeWhileDisconnected = TimeSpan.FromSeconds(5);

    public static readonly string[] SettingNames = [nameof(MaxEntries), nameof(MaxBytes), nameof(MaxAge)];

    /// <summary>
    /// The maximum number of cached links: 100 to 100,000,000. Default: 1,000,000. When this is too small,
    /// links that are often followed are evicted and must be loaded again and again.
    /// </summary>
    public int MaxEntries { get; set; } = 1_000_000;

    /// <summary>
    /// The maximum memory of the cached links, in bytes, overhead included: 1 MiB to 1 TiB. Default: 256 MiB,
    /// enough for 700,000 links with targets of 50 characters. The cache grows link by link, and memory that
    /// it used stays with the process: set this well below the memory of the machine.
    /// </summary>
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// How long a link is cached, however often it is followed, before it is loaded again: 1 s to 7 days.
    /// Default: 1 hour. A change evicts a link at once, whatever this is set to. This bounds the harm of a
    /// change that the change feed never reports, such as a database that is restored from a backup.
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
