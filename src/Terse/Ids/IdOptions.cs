using Microsoft.Extensions.Options;

namespace Terse.Ids;

/// <summary>
/// The layout of ids. Section <c>Ids</c>. Every setting can be changed on a database that already has links.
/// </summary>
internal sealed class IdOptions
{
    public const string Section = "Ids";

    public static readonly string[] SettingNames =
        [nameof(TickLength), nameof(NodeBits), nameof(SequenceBits)];

    /// <summary>
    /// The length of an id's tick: whole milliseconds, 1 to 1000. Default: 10 ms. A longer tick makes shorter
    /// codes, and fewer ids per second.
    /// </summary>
    public TimeSpan TickLength { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The number of an id's bits that identify the server, 0 to 20. Default: 5, for 32 servers. Servers that
    /// a rolling update replaces count too. Each further bit makes codes grow by a character in half the
    /// time.
    /// </summary>
    public int NodeBits { get; set; } = 5;

    /// <summary>
    /// The number of an id's bits that count within a tick, 0 to 20. Default: 7, for 12,800 ids per second
    /// and server at ticks of 10 ms. With too few bits creations wait. Each further bit makes codes grow by a
    /// character in half the time.
    /// </summary>
    public int SequenceBits { get; set; } = 7;
}

internal sealed class IdOptionsValidator : IValidateOptions<IdOptions>
{
    private const int MaxBits = 20;

    /// <summary>With ticks of 1 ms, the remaining 41 bits last for 69 years.</summary>
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
            yield return $"Ids:TickLength is {tick}; set whole milliseconds, from 00:00:00.001 to 00:00:01.";
        }

        if (options.NodeBits is < 0 or > MaxBits)
            yield return $"Ids:NodeBits is {options.NodeBits}; set 0 to {MaxBits}.";
        if (options.SequenceBits is < 0 or > MaxBits)
            yield return $"Ids:SequenceBits is {options.SequenceBits}; set 0 to {MaxBits}.";
        if (options is { NodeBits: <= MaxBits, SequenceBits: <= MaxBits }
            && options.NodeBits + options.SequenceBits > MaxSumOfBits)
        {
            yield return $"Ids:NodeBits is {options.NodeBits} and Ids:SequenceBits is "
                + $"{options.SequenceBits}; their sum must be at most {MaxSumOfBits}, so that ids last for "
                + "decades.";
        }
    }
}
