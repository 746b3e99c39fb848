using System.Security.Cryptography;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Random codes of a given length, which tell nothing. One that is taken is drawn again, so keep most of the
/// room free.
/// </summary>
internal sealed class RandomStrategy(int length, string alphabet) : ICodeStrategy
{
    public const string StrategyName = "random";

    private readonly string _all = alphabet;
    private readonly string _firsts = new([.. alphabet.Where(letter => !char.IsAsciiDigit(letter))]);

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public CodeContent Content => CodeContent.Nothing;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout) => string.Create(length, this, static (code, strategy) =>
    {
        RandomNumberGenerator.GetItems(strategy._firsts.AsSpan(), code[..1]);
        RandomNumberGenerator.GetItems(strategy._all.AsSpan(), code[1..]);
    });

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        id = default;
        return false;
    }
}
