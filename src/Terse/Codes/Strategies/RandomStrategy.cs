using System.Security.Cryptography;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates random codes of a given length, which contain no time. When a different link already has the
/// code, the server creates a new code. Such a retry is rare as long as links use only a small part of the
/// possible codes.
/// </summary>
internal sealed class RandomStrategy(int length, string alphabet) : ICodeStrategy
{
    public const string StrategyName = "random";

    private readonly string _all = alphabet;
    private readonly string _firsts = new([.. alphabet.Where(letter => !char.IsAsciiDigit(letter))]);

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public EncodedPart Encodes => EncodedPart.None;

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
