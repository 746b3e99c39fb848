using Terse.Ids;

namespace Terse.Codes;

/// <summary>The id itself, as short as it can be written; the default.</summary>
internal sealed class TsidStrategy(OpaqueIds? opaque) : ICodeStrategy
{
    public const string StrategyName = "tsid";

    private const string Format = "T";

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public CodeContent Content => CodeContent.Id;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout) =>
        (layout.Opaque ? opaque!.Hide(id, Format) : id).ToString(Format);

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        if (!Tsid.TryParseExact(code, Format, out id) || id.Value > long.MaxValue)
            return false;
        if (layout.Opaque)
            id = opaque!.Show(id, Format);
        return true;
    }
}
