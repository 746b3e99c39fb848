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

    /// <summary>Adds the host that answered.</summary>
    public static void SetHost(this Activity? span, string host, HostRole role)
    {
        span?.SetTag("terse.host", host);
        span?.SetTag("terse.host.role", NameOf(role));
    }
}
