using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Terse.Hosting;

/// <summary>
/// Adds the number of the node and the hash of the configuration to each span. They are no attributes of the
/// resource, because they can change while the process runs.
/// </summary>
internal sealed class IdentityOnSpans(ServerIdentity identity) : BaseProcessor<Activity>
{
    public const string Node = "terse.node";

    public override void OnEnd(Activity data)
    {
        data.SetTag(Node, identity.Node);
        data.SetTag(ServerIdentity.HashAttribute, identity.ConfigurationHash);
    }
}

/// <inheritdoc cref="IdentityOnSpans"/>
internal sealed class IdentityOnLogs(ServerIdentity identity) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        var hash = new KeyValuePair<string, object?>(
            ServerIdentity.HashAttribute, identity.ConfigurationHash);
        data.Attributes = identity.Node is { } node
            ? [.. data.Attributes ?? [], hash, new(IdentityOnSpans.Node, node)]
            : [.. data.Attributes ?? [], hash];
    }
}
