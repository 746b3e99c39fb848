using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates codes in the id format of a different system. A code contains the time, the node and the sequence
/// of the link's id in the layout of that system. The codes are unique because the ids are unique.
/// </summary>
internal sealed class ForeignStrategy(TsidLayout foreign, string format, IdCipher? cipher) : ICodeStrategy
{
    /// <summary>
    /// Names the strategy whose codes are canonical TSIDs: 13 characters of Crockford's base 32.
    /// </summary>
    public const string CanonicalName = "tsid-canonical";

    /// <summary>Names the strategy whose codes are Twitter's Snowflake ids in decimal.</summary>
    public const string SnowflakeName = "snowflake";

    /// <inheritdoc/>
    public string Name => foreign.Name;

    /// <inheritdoc/>
    public EncodedPart Encodes => EncodedPart.WholeId;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout)
    {
        var ids = layout.Ids;
        var tick = foreign.TickAt(ids.StartOf(ids.TickOf(id)));
        var composed = foreign.Compose(tick, ids.NodeOf(id), ids.SequenceOf(id));
        return (layout.Opaque ? cipher!.Encrypt(composed, format) : composed).ToString(format);
    }

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        id = default;
        if (!Tsid.TryParseExact(code, format, out var composed)
            || composed.Value > long.MaxValue
            || composed.ToString(format) != code)
        {
            return false;
        }

        if (layout.Opaque)
            composed = cipher!.Decrypt(composed, format);
        var (node, sequence) = (foreign.NodeOf(composed), foreign.SequenceOf(composed));
        if (node >= layout.Ids.NodeCount
            || sequence >= layout.Ids.SequenceCount
            || !layout.TryTickFrom(foreign.StartOf(foreign.TickOf(composed)), out var tick))
        {
            return false;
        }

        id = layout.Ids.Compose(tick, node, sequence);
        return true;
    }
}
