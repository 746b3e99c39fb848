using Microsoft.Extensions.Options;

namespace Terse.Redirects;

/// <summary>How many links are kept in memory, and for how long. Section <c>Cache</c>.</summary>
internal sealed class CacheOptions
{
    public const string Section = "Cache";

    public static readonly string[] SettingNames = [nameof(MaxEntries), nameof(MaxBytes), nameof(MaxAge)];

    /// <summary>
    /// Links that are kept at most: 100 to 100,000,000. Default: 1,000,000. Too few, and links that are asked
    /// for again and again are looked up again and again.
    /// </summary>
    public int MaxEntries { get; set; } = 1_000_000;

    /// <summary>
    /// Bytes of the links that are kept, what it takes to keep them included: 1 MiB to 1 TiB. Default:
    /// 256 MiB, room for 700,000 links with targets of 50 characters. It is reached link by link, and never
    /// given back to the system early: keep it well below the memory of the machine.
    /// </summary>
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// How long a link is kept, however often it is followed, before it is looked up again: 1 s to 7 days.
    /// Default: an hour. Changes do not wait for it; it is what bounds the harm of one that was never told,
    /// such as that of a database which was put back to an earlier day.
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
