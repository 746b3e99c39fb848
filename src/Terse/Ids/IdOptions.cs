using Microsoft.Extensions.Options;

namespace Terse.Ids;

/// <summary>
/// Decides the layout of ids. Configuration section <c>Ids</c>. Every setting can be changed on a database
/// that already has links.
/// </summary>
internal sealed class IdOptions
{
    public const string Section = "Ids";

    public static readonly string[] SettingNames =
        [nameof(TickLength), nameof(NodeBits), nameof(SequenceBits)];

    /// <summary>
    /// The length of a tick, which is the unit of an id's timestamp: whole milliseconds, 1 to 1000. Default:
    /// 10 ms. With longer ticks, codes are shorter, and a server can mint fewer ids per second.
    /// </summary>
    public TimeSpan TickLength { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How many bits of an id identify the server, 0 to 20. Default: 5, which allows 32 servers. During a
    /// rolling update, the old and the new servers count. With too few bits, a further server cannot reserve
    /// a node. Each further bit halves the time after which new codes become one character longer.
    /// </summary>
    public int NodeBits { get; set; } = 5;

    /// <summary>
    /// How many bits of an id count the ids within a tick, 0 to 20. Default: 7, which allows 12,800 ids per
    /// second and server when a tick lasts 10 ms. With too few bits, requests that create links must wait for
    /// the next tick. Each further bit halves the time after which new codes become one character longer.
    /// </summary>
    public int SequenceBits { get; set; } = 7;
}

internal sealed class IdOptionsValidator : IValidateOptions<IdOptions>
{
    private const int MaxBits = 20;

    /// <summary>
    /// The largest allowed sum of node bits and sequence bits. The other 41 bits of an id contain the
    /// timestamp. They are enough for 69 years when a tick lasts 1 ms.
    /// </summary>
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
