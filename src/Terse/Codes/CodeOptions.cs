using Microsoft.Extensions.Options;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Decides how Terse creates the codes of links. Configuration section <c>Codes</c>. Every setting except
/// <see cref="Secret"/> can be changed on a database that already has links.
/// </summary>
internal sealed class CodeOptions
{
    public const string Section = "Codes";

    public static readonly string[] SettingNames =
    [
        nameof(Strategy), nameof(Opaque), nameof(Secret), nameof(RandomLength), nameof(RandomAlphabet),
        nameof(AllowSlash),
    ];

    /// <summary>
    /// The strategy that creates the codes of new links: one of <see cref="CodeStrategies.Names"/>. Default:
    /// <c>tsid</c>, which creates the shortest codes of all strategies whose codes contain the time of
    /// creation.
    /// </summary>
    public string Strategy { get; set; } = TsidStrategy.StrategyName;

    /// <summary>
    /// Whether Terse encrypts the codes of new links with <see cref="Secret"/>, so that a person who has one
    /// code cannot compute the next code. Default: false.
    /// </summary>
    public bool Opaque { get; set; }

    /// <summary>
    /// The secret that encrypts opaque codes: at least <see cref="CodeOptionsValidator.MinSecretLength"/>
    /// characters. Default: no secret. The secret cannot be changed after Terse has created the first opaque
    /// code. Keep a backup of the secret, because Terse does not start without it.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>
    /// How many characters a random code has, 6 to 64. Default: 8. When the length is too small, most of
    /// the possible codes belong to existing links, and Terse needs many attempts to find an unused code.
    /// </summary>
    public int RandomLength { get; set; } = 8;

    /// <summary>
    /// The characters of random codes: letters, digits, <c>-</c> and <c>_</c>. No character may occur twice.
    /// At least 16 characters must not be digits, because a random code never begins with a digit.
    /// Default: letters and digits without the similar characters 0 O o 1 l I.
    /// </summary>
    public string RandomAlphabet { get; set; } = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";

    /// <summary>
    /// Whether new custom codes may contain slashes, as in <c>guide/install</c>. Default: false. Codes with
    /// slashes that exist already work with either value.
    /// </summary>
    public bool AllowSlash { get; set; }
}

internal sealed class CodeOptionsValidator(IOptions<IdOptions> ids) : IValidateOptions<CodeOptions>
{
    /// <summary>The shortest allowed secret, in characters: 16 random bytes in hexadecimal.</summary>
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
