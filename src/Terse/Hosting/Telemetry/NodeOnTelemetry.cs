using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Terse.Hosting;

/// <summary>
/// Adds the number of the node to each span. It is no attribute of the resource, because it can change while
/// the process runs.
/// </summary>
internal sealed class NodeOnSpans(ServerIdentity identity) : BaseProcessor<Activity>
{
    public const string Attribute = "terse.node";

    public override void OnEnd(Activity data) => data.SetTag(Attribute, identity.Node);
}

/// <inheritdoc cref="NodeOnSpans"/>
internal sealed class NodeOnLogs(ServerIdentity identity) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (identity.Node is { } node)
        {
            data.Attributes =
                [.. data.Attributes ?? [], new KeyValuePair<string, object?>(NodeOnSpans.Attribute, node)];
        }
    }
}
