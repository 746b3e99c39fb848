using Microsoft.Extensions.Options;

namespace Terse.Ids;

/// <summary>
/// The layout of ids. Section <c>Ids</c>. Each setting can be changed on a database that has links.
/// </summary>
internal sealed class IdOptions
{
    public const string Section = "Ids";

    public static readonly string[] SettingNames =
        [nameof(TickLength), nameof(NodeBits), nameof(SequenceBits)];

    /// <summary>
    /// How long the tick of an id lasts: whole milliseconds, 1 to 1000. Default: 10 ms. A longer tick makes
    /// shorter codes, and fewer ids a second.
    /// </summary>
    public TimeSpan TickLength { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Bits of an id that tell servers apart, 0 to 20. Default: 5, which is 32 servers, those that are being
    /// replaced included. Each further one halves the time that codes stay as short as they are.
    /// </summary>
    public int NodeBits { get; set; } = 5;

    /// <summary>
    /// Bits of an id that count within a tick, 0 to 20. Default: 7, which is 12,800 ids a second and server
    /// at ticks of 10 ms. Too few, and creations wait; each further one halves the time that codes stay
    /// short.
    /// </summary>
    public int SequenceBits { get; set; } = 7;
}

internal sealed class IdOptionsValidator : IValidateOptions<IdOptions>
{
    private const int MaxBits = 20;

    /// <summary>At ticks of 1 ms, ids of the other bits last for 69 years.</summary>
    private const int MaxSumOfBits = 22;

    public ValidateOptionsResult Validate(string? name, IdOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(IdOptions options)
    {
        var tick = options.TickLength;
        if (tick < TimeSpan.FromMilliseconds(1)
            || tick > TimeSpan.FromSeconds(1)
            || tick.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            yield return $"Ids:TickLength is {tick}; it is whole milliseconds, from 00:00:00.001 to "
                + "00:00:01.";
        }

        if (options.NodeBits is < 0 or > MaxBits)
            yield return $"Ids:NodeBits is {options.NodeBits}; it is 0 to {MaxBits}.";
        if (options.SequenceBits is < 0 or > MaxBits)
            yield return $"Ids:SequenceBits is {options.SequenceBits}; it is 0 to {MaxBits}.";
        if (options is { NodeBits: <= MaxBits, SequenceBits: <= MaxBits }
            && options.NodeBits + options.SequenceBits > MaxSumOfBits)
        {
            yield return $"Ids:NodeBits and Ids:SequenceBits are {options.NodeBits} and "
                + $"{options.SequenceBits}; together they are at most {MaxSumOfBits}, so that ids last.";
        }
    }
}
