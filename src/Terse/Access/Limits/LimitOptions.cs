using Microsoft.Extensions.Options;

namespace Terse.Access;

/// <summary>
/// Limits how many requests a client may send to one server. The settings are in the section <c>Limits</c>.
/// Each number of requests is allowed at once, and comes back evenly within a minute.
/// </summary>
internal sealed class LimitOptions
{
    public const string Section = "Limits";

    public const int MaxCreations = 10_000_000;

    public const int MaxFailedKeys = 10_000;

    public static readonly string[] SettingNames =
        [nameof(CreationsPerKey), nameof(CreationsPerAddress), nameof(FailedKeysPerAddress)];

    /// <summary>
    /// How many links each API key may create in a minute, 1 to 10,000,000; 0 for no limit. Too small: large
    /// imports and batches are refused. Default: 0.
    /// </summary>
    public int CreationsPerKey { get; set; }

    /// <summary>
    /// How many links each address may create in a minute, as above. Too small: all users of a company, who
    /// share an address, are refused. Default: 0.
    /// </summary>
    public int CreationsPerAddress { get; set; }

    /// <summary>
    /// How many wrong API keys each address may send in a minute, 1 to 10,000. Too small: a program with a
    /// revoked key shuts out other programs of its address that start. Too large: the database must look up
    /// more invented keys. Default: 20.
    /// </summary>
    public int FailedKeysPerAddress { get; set; } = 20;
}

internal sealed class LimitOptionsValidator : IValidateOptions<LimitOptions>
{
    public ValidateOptionsResult Validate(string? name, LimitOptions options)
    {
        var errors = new List<string>();
        Check(nameof(options.CreationsPerKey), options.CreationsPerKey, 0, LimitOptions.MaxCreations);
        Check(nameof(options.CreationsPerAddress), options.CreationsPerAddress, 0, LimitOptions.MaxCreations);
        Check(
            nameof(options.FailedKeysPerAddress),
            options.FailedKeysPerAddress,
            1,
            LimitOptions.MaxFailedKeys);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Check(string setting, int value, int min, int max)
        {
            if (value < min || value > max)
                errors.Add($"Limits:{setting} is {value}; set {min} to {max}.");
        }
    }
}
