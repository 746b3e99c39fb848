using System.Diagnostics;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Names a database host in spans and metrics.</summary>
internal static class HostAttributes
{
    public static string NameOf(HostRole role) => role switch
    {
        HostRole.Primary => "primary",
        HostRole.Replica => "replica",
        _ => "unknown",
    };

    public static string NameOf(ConnectionShare share) => share switch
    {
        ConnectionShare.Lookups => "lookups",
        ConnectionShare.Creations => "creations",
        ConnectionShare.Changes => "changes",
        ConnectionShare.Visits => "visits",
        ConnectionShare.Reports => "reports",
        ConnectionShare.Limits => "limits",
        ConnectionShare.Nodes => "nodes",
        _ => throw new ArgumentOutOfRangeException(nameof(share)),
    };

    /// <summary>Adds the host that answered.</summary>
    public static void SetHost(this Activity? span, string host, HostRole role)
    {
        span?.SetTag("terse.host", host);
        span?.SetTag("terse.host.role", NameOf(role));
    }
}
