using System.Net;
using System.Net.Sockets;

namespace Terse.Redirects;

/// <summary>
/// Limits how many reports clients may send: ten at once from each address, and one more each minute. All
/// addresses of an IPv6 /64 network count as one, because one client can use all of them. Safe for use by any
/// number of threads.
/// </summary>
/// <remarks>
/// The table has a fixed size. A hash with a random seed selects the entry of an address. Two addresses that
/// share an entry share its reports, which makes the limit stricter, never weaker.
/// </remarks>
internal sealed class ReportLimit(TimeProvider time)
{
    public const int AtOnce = 10;

    private const int Entries = 1 << 14;

    private readonly Lock _lock = new();

    private readonly long _interval = time.TimestampFrequency * 60;

    /// <summary>
    /// For each entry, when all its reports will have come back, as a timestamp of the monotonic clock.
    /// </summary>
    private long[]? _ends;

    /// <summary>Counts a report, unless the client has none left.</summary>
    /// <param name="address">The address of the client; null if it is unknown.</param>
    /// <param name="wait">How long the client must wait before the next report, if none is left.</param>
    public bool TryCount(IPAddress? address, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            ref var end = ref (_ends ??= new long[Entries])[EntryOf(address)];
            var begin = Math.Max(end, now);
            var missing = begin - now - ((AtOnce - 1) * _interval);
            wait = missing > 0 ? time.GetElapsedTime(0, missing) : TimeSpan.Zero;
            if (missing > 0)
                return false;
            end = begin + _interval;
            return true;
        }
    }

    private static int EntryOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        var length = 0;
        address = address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address;
        if (address?.TryWriteBytes(bytes, out length) == true
            && address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            length = sizeof(long);
        }

        var hash = default(HashCode);
        hash.AddBytes(bytes[..length]);
        return hash.ToHashCode() & (Entries - 1);
    }
}
