using Microsoft.Extensions.Options;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// How Terse creates codes. Section <c>Codes</c>. Every setting but <see cref="Secret"/> can be changed on a
/// database that already has links.
/// </summary>
internal sealed class CodeOptions
{
    public const string Section = "Codes";

    public static readonly string[] SettingNames =
    [
        nameof(Strategy), nameof(Opaque), nameof(Secret), nameof(RandomLength), nameof(RandomAlphabet),
    ];

    /// <summary>
    /// The strategy for the codes of new links: one of <see cref="CodeStrategies.Names"/>. Default:
    /// <c>tsid</c>, whose codes are the shortest that contain their time.
    /// </summary>
    public string Strategy { get; set; } = TsidStrategy.StrategyName;

    /// <summary>
    /// Whether the codes of new links are encrypted with <see cref="Secret"/>, so that a code does not reveal
    /// the next one. Default: false.
    /// </summary>
    public bool Opaque { get; set; }

    /// <summary>
    /// The secret of opaque codes: at least <see cref="CodeOptionsValidator.MinSecretLength"/> characters.
    /// Default: none. It cannot be changed after the first opaque code. Back it up: without it Terse does not
    /// start.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>
    /// The number of characters of a random code, 6 to 64. Default: 8. When the links fill most of the
    /// possible codes, most attempts find a code that is taken.
    /// </summary>
    public int RandomLength { get; set; } = 8;

    /// <summary>
    /// The characters of random codes: letters, digits, <c>-</c> and <c>_</c>, each once, with at least 16
    /// non-digits. The first character of a code is never a digit. Default: letters and digits without 0 O o
    /// 1 l I.
    /// </summary>
    public string RandomAlphabet { get; set; } = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
}

internal sealed class CodeOptionsValidator(IOptions<IdOptions> ids) : IValidateOptions<CodeOptions>
{
    /// <summary>The length of 16 random bytes in hexadecimal.</summary>
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
            yield return $"Codes:Strategy is '{options.Strategy}'; set one of "
                + $"{string.Join(", ", CodeStrategies.Names)}.";
        }
        else if (options.Opaque && !CodeStrategies.CanBeOpaque(options.Strategy))
        {
            yield return $"Codes:Opaque does not apply to the strategy {options.Strategy}, whose codes are "
                + "random already; remove it.";
        }

        if (options.Strategy is ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName
            && (ids.Value.NodeBits > TsidLayout.Canonical.NodeBits
                || ids.Value.SequenceBits > TsidLayout.Canonical.SequenceBits))
        {
            yield return $"Codes:Strategy is {options.Strategy}; with it, set Ids:NodeBits to at most "
                + $"{TsidLayout.Canonical.NodeBits} and Ids:SequenceBits to at most "
                + $"{TsidLayout.Canonical.SequenceBits}.";
        }
    }

    private static IEnumerable<string> FindSecretErrors(CodeOptions options)
    {
        if (options.Secret is null ? options.Opaque : options.Secret.Length < MinSecretLength)
        {
            yield return $"Codes:Secret must have at least {MinSecretLength} characters; create one with "
                + "'openssl rand -hex 32', and keep a copy apart from the backups of the database.";
        }
    }

    private static IEnumerable<string> FindRandomErrors(CodeOptions options)
    {
        if (options.RandomLength is < 6 or > 64)
            yield return $"Codes:RandomLength is {options.RandomLength}; set 6 to 64.";

        var alphabet = options.RandomAlphabet;
        if (alphabet.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
            || alphabet.Distinct().Count() != alphabet.Length
            || alphabet.Count(letter => !char.IsAsciiDigit(letter)) < MinRandomLetters)
        {
            yield return $"Codes:RandomAlphabet is '{alphabet}'; set letters, digits, '-' and '_', "
                + $"each once, with at least {MinRandomLetters} non-digits.";
        }
    }
}
