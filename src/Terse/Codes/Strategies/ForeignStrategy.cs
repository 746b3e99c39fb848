using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Codes that other programs read as ids of a layout that they know: the id's time, node and sequence, put
/// together in that layout. Since the id's are unique, so are these.
/// </summary>
internal sealed class ForeignStrategy(TsidLayout foreign, string format, OpaqueIds? opaque) : ICodeStrategy
{
    /// <summary>Canonical TSID in 13 characters of Crockford's base 32.</summary>
    public const string CanonicalName = "tsid-canonical";

    /// <summary>Twitter's Snowflake, in decimal.</summary>
    public const string SnowflakeName = "snowflake";

    /// <inheritdoc/>
    public string Name => foreign.Name;

    /// <inheritdoc/>
    public CodeContent Content => CodeContent.Id;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout)
    {
        var ids = layout.Ids;
        var tick = foreign.TickAt(ids.StartOf(ids.TickOf(id)));
        var made = foreign.Compose(tick, ids.NodeOf(id), ids.SequenceOf(id));
        return (layout.Opaque ? opaque!.Hide(made, format) : made).ToString(format);
    }

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        id = default;
        if (!Tsid.TryParseExact(code, format, out var made)
            || made.Value > long.MaxValue
            || made.ToString(format) != code)
        {
            return false;
        }

        if (layout.Opaque)
            made = opaque!.Show(made, format);
        var (node, sequence) = (foreign.NodeOf(made), foreign.SequenceOf(made));
        if (node >= layout.Ids.NodeCount
            || sequence >= layout.Ids.SequenceCount
            || !layout.TryTickFrom(foreign.StartOf(foreign.TickOf(made)), out var tick))
        {
            return false;
        }

        id = layout.Ids.Compose(tick, node, sequence);
        return true;
    }
}
