using Microsoft.Extensions.Options;

namespace Terse.Keys;

/// <summary>
/// How codes are made. Section <c>Keys</c>. Each can be changed on a database that has links.
/// </summary>
internal sealed class KeyOptions
{
    public const string Section = "Keys";

    public static readonly string[] Keys =
    [
        nameof(Strategy), nameof(Opaque), nameof(Secret), nameof(RandomLength), nameof(RandomAlphabet),
        nameof(TickLength), nameof(NodeBits), nameof(SequenceBits),
    ];

    /// <summary>
    /// How the codes of new links are made: one of <see cref="KeyStrategies.Names"/>. Default: <c>tsid</c>,
    /// the shortest that tells its time.
    /// </summary>
    public string Strategy { get; set; } = TsidStrategy.StrategyName;

    /// <summary>
    /// Whether the codes of new links are permuted under <see cref="Secret"/>, so that nobody can tell the
    /// next one from the last. Default: false.
    /// </summary>
    public bool Opaque { get; set; }

    /// <summary>
    /// The secret of opaque codes: at least <see cref="KeyOptionsValidator.MinSecretLength"/> characters. It
    /// can never be changed once there are opaque codes, and it has to be backed up.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>
    /// Characters of a random code, 6 to 64. Default: 8. Too few, and most tries find a code that is taken.
    /// </summary>
    public int RandomLength { get; set; } = 8;

    /// <summary>
    /// The characters of random codes: letters, digits, <c>-</c> and <c>_</c>, at least 16 that are no
    /// digits. The first of a code is never a digit. Default: letters and digits without 0 O o 1 l I.
    /// </summary>
    public string RandomAlphabet { get; set; } = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";

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

internal sealed class KeyOptionsValidator : IValidateOptions<KeyOptions>
{
    /// <summary>Characters of the shortest secret: as many as 16 random bytes have in hexadecimal.</summary>
    public const int MinSecretLength = 32;

    private const int MaxBits = 20;

    /// <summary>At ticks of 1 ms, ids of the other bits last for 69 years.</summary>
    private const int MaxSumOfBits = 22;

    private const int MinRandomLetters = 16;

    public ValidateOptionsResult Validate(string? name, KeyOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(KeyOptions options) =>
    [
        .. FindStrategyErrors(options),
        .. FindSecretErrors(options),
        .. FindRandomErrors(options),
        .. FindLayoutErrors(options),
    ];

    private static IEnumerable<string> FindStrategyErrors(KeyOptions options)
    {
        if (!KeyStrategies.Names.Contains(options.Strategy, StringComparer.Ordinal))
        {
            yield return $"Keys:Strategy is '{options.Strategy}'; it is one of "
                + $"{string.Join(", ", KeyStrategies.Names)}.";
        }
        else if (options.Opaque && !KeyStrategies.CanBeOpaque(options.Strategy))
        {
            yield return $"Keys:Opaque is for codes that can be counted on; those of {options.Strategy} are "
                + "random as they are. Leave it out.";
        }

        if (options.Strategy is ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName
            && (options.NodeBits > TsidLayout.Canonical.NodeBits
                || options.SequenceBits > TsidLayout.Canonical.SequenceBits))
        {
            yield return $"Keys:Strategy {options.Strategy} has room for {TsidLayout.Canonical.NodeBits} "
                + $"Keys:NodeBits and {TsidLayout.Canonical.SequenceBits} Keys:SequenceBits.";
        }
    }

    private static IEnumerable<string> FindSecretErrors(KeyOptions options)
    {
        if (options.Secret is null ? options.Opaque : options.Secret.Length < MinSecretLength)
        {
            yield return $"Keys:Secret has to have at least {MinSecretLength} characters; make one with "
                + "'openssl rand -hex 32', and keep a copy of it where the database's backups are not.";
        }
    }

    private static IEnumerable<string> FindRandomErrors(KeyOptions options)
    {
        if (options.RandomLength is < 6 or > 64)
            yield return $"Keys:RandomLength is {options.RandomLength}; it is 6 to 64.";

        var alphabet = options.RandomAlphabet;
        if (alphabet.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
            || alphabet.Distinct().Count() != alphabet.Length
            || alphabet.Count(letter => !char.IsAsciiDigit(letter)) < MinRandomLetters)
        {
            yield return $"Keys:RandomAlphabet is '{alphabet}'; it has letters, digits, '-' and '_', each "
                + $"once, and at least {MinRandomLetters} that are no digits.";
        }
    }

    private static IEnumerable<string> FindLayoutErrors(KeyOptions options)
    {
        var tick = options.TickLength;
        if (tick < TimeSpan.FromMilliseconds(1)
            || tick > TimeSpan.FromSeconds(1)
            || tick.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            yield return $"Keys:TickLength is {tick}; it is whole milliseconds, from 00:00:00.001 to "
                + "00:00:01.";
        }

        if (options.NodeBits is < 0 or > MaxBits)
            yield return $"Keys:NodeBits is {options.NodeBits}; it is 0 to {MaxBits}.";
        if (options.SequenceBits is < 0 or > MaxBits)
            yield return $"Keys:SequenceBits is {options.SequenceBits}; it is 0 to {MaxBits}.";
        if (options is { NodeBits: <= MaxBits, SequenceBits: <= MaxBits }
            && options.NodeBits + options.SequenceBits > MaxSumOfBits)
        {
            yield return $"Keys:NodeBits and Keys:SequenceBits are {options.NodeBits} and "
                + $"{options.SequenceBits}; together they are at most {MaxSumOfBits}, so that ids last.";
        }
    }
}
