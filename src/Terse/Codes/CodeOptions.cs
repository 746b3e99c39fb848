using Microsoft.Extensions.Options;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// How codes are made. Section <c>Codes</c>. Each can be changed on a database that has links.
/// </summary>
internal sealed class CodeOptions
{
    public const string Section = "Codes";

    public static readonly string[] SettingNames =
    [
        nameof(Strategy), nameof(Opaque), nameof(Secret), nameof(RandomLength), nameof(RandomAlphabet),
    ];

    /// <summary>
    /// How the codes of new links are made: one of <see cref="CodeStrategies.Names"/>. Default: <c>tsid</c>,
    /// the shortest that tells its time.
    /// </summary>
    public string Strategy { get; set; } = TsidStrategy.StrategyName;

    /// <summary>
    /// Whether the codes of new links are permuted under <see cref="Secret"/>, so that nobody can tell the
    /// next one from the last. Default: false.
    /// </summary>
    public bool Opaque { get; set; }

    /// <summary>
    /// The secret of opaque codes: at least <see cref="CodeOptionsValidator.MinSecretLength"/> characters. It
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
}

internal sealed class CodeOptionsValidator(IOptions<IdOptions> ids) : IValidateOptions<CodeOptions>
{
    /// <summary>Characters of the shortest secret: as many as 16 random bytes have in hexadecimal.</summary>
    public const int MinSecretLength = 32;

    private const int MinRandomLetters = 16;

    public ValidateOptionsResult Validate(string? name, CodeOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private IEnumerable<string> FindErrors(CodeOptions options) =>
    [
        .. FindStrategyErrors(options),
        .. FindSecretErrors(options),
        .. FindRandomErrors(options),
    ];

    private IEnumerable<string> FindStrategyErrors(CodeOptions options)
    {
        if (!CodeStrategies.Names.Contains(options.Strategy, StringComparer.Ordinal))
        {
            yield return $"Codes:Strategy is '{options.Strategy}'; it is one of "
                + $"{string.Join(", ", CodeStrategies.Names)}.";
        }
        else if (options.Opaque && !CodeStrategies.CanBeOpaque(options.Strategy))
        {
            yield return $"Codes:Opaque is for codes that can be counted on; those of {options.Strategy} are "
                + "random as they are. Leave it out.";
        }

        if (options.Strategy is ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName
            && (ids.Value.NodeBits > TsidLayout.Canonical.NodeBits
                || ids.Value.SequenceBits > TsidLayout.Canonical.SequenceBits))
        {
            yield return $"Codes:Strategy {options.Strategy} has room for {TsidLayout.Canonical.NodeBits} "
                + $"Ids:NodeBits and {TsidLayout.Canonical.SequenceBits} Ids:SequenceBits.";
        }
    }

    private static IEnumerable<string> FindSecretErrors(CodeOptions options)
    {
        if (options.Secret is null ? options.Opaque : options.Secret.Length < MinSecretLength)
        {
            yield return $"Codes:Secret has to have at least {MinSecretLength} characters; make one with "
                + "'openssl rand -hex 32', and keep a copy of it where the database's backups are not.";
        }
    }

    private static IEnumerable<string> FindRandomErrors(CodeOptions options)
    {
        if (options.RandomLength is < 6 or > 64)
            yield return $"Codes:RandomLength is {options.RandomLength}; it is 6 to 64.";

        var alphabet = options.RandomAlphabet;
        if (alphabet.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
            || alphabet.Distinct().Count() != alphabet.Length
            || alphabet.Count(letter => !char.IsAsciiDigit(letter)) < MinRandomLetters)
        {
            yield return $"Codes:RandomAlphabet is '{alphabet}'; it has letters, digits, '-' and '_', each "
                + $"once, and at least {MinRandomLetters} that are no digits.";
        }
    }
}
