using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Uses the link's id in its shortest text format as the code. This is the default strategy.
/// </summary>
internal sealed class TsidStrategy(IdCipher? cipher) : ICodeStrategy
{
    public const string StrategyName = "tsid";

    private const string Format = "T";

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public EncodedPart Encodes => EncodedPart.WholeId;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout) =>
        (layout.Opaque ? cipher!.Encrypt(id, Format) : id).ToString(Format);

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        if (!Tsid.TryParseExact(code, Format, out id) || id.Value > long.MaxValue)
            return false;
        if (layout.Opaque)
            id = cipher!.Decrypt(id, Format);
        return true;
    }
}
