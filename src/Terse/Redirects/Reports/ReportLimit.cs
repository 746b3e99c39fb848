using System.Net;
using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>
/// Limits how many reports clients may send: ten at once from each address, and one more each minute. All
/// addresses of an IPv6 /64 network count as one, because one client can use all of them. Safe for use by any
/// number of threads.
/// </summary>
internal sealed class ReportLimit(TimeProvider time)
{
    public const int AtOnce = 10;

    private readonly RateTable _table = new(AtOnce, TimeSpan.FromMinutes(AtOnce), time);

    /// <summary>Counts a report, unless the client has none left.</summary>
    /// <param name="address">The address of the client; null if it is unknown.</param>
    /// <param name="wait">How long the client must wait before the next report, if none is left.</param>
    public bool TryCount(IPAddress? address, out TimeSpan wait)
    {
        var isTaken = _table.TryTake(LimitedClient.OfAddress(address), out var state);
        wait = isTaken ? TimeSpan.Zero : state.Wait;
        return isTaken;
    }
}
