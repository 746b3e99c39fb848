namespace Terse.Keys;

/// <summary>The id itself, as short as it can be written; the default.</summary>
internal sealed class TsidStrategy(OpaqueIds? opaque) : IKeyStrategy
{
    public const string StrategyName = "tsid";

    private const string Format = "T";

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public KeyContent Content => KeyContent.Id;

    /// <inheritdoc/>
    public string NewCode(Tsid id, KeyLayout layout) =>
        (layout.Opaque ? opaque!.Hide(id, Format) : id).ToString(Format);

    /// <inheritdoc/>
    public bool TryReadId(string code, KeyLayout layout, out Tsid id)
    {
        if (!Tsid.TryParseExact(code, Format, out id) || id.Value > long.MaxValue)
            return false;
        if (layout.Opaque)
            id = opaque!.Show(id, Format);
        return true;
    }
}
