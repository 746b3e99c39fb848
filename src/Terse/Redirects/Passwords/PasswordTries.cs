using System.Net;
using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>
/// Limits how many passwords clients may try for a link: five within a minute for each address, and 100
/// within a minute for all addresses together. Addresses count as <see cref="LimitedClient"/> says. Safe for
/// use by any number of threads.
/// </summary>
/// <remarks>
/// The tries are in a table of fixed size, whatever clients send. A hash with a random seed selects the entry
/// of an address and a link. Two that share an entry share its tries, which makes the limit stricter, never
/// weaker. A table that evicted entries would let a client with many addresses evict its own tries.
/// </remarks>
internal sealed class PasswordTries(TimeProvider time)
{
    public const int MaxTries = 5;

    /// <summary>
    /// How many tries of all addresses a link allows at once. They come back evenly within a minute, so no
    /// minute has more than twice as many.
    /// </summary>
    public const int MaxTriesOfLink = 50;

    /// <summary>The number of entries. The tables take 768 KiB, once a first password is tried.</summary>
    public const int Entries = 1 << 14;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    /// <summary>
    /// The times of the last tries of each entry, as timestamps of the monotonic clock; 0 if a place is free.
    /// </summary>
    private long[]? _times;

    /// <summary>
    /// For each entry of a link, when all its tries will have come back, as a timestamp of the monotonic
    /// clock. Each try adds an equal part of a minute.
    /// </summary>
    private long[]? _links;

    private readonly long _partOfTry = TimeSpan.TicksPerMinute / MaxTriesOfLink
        * time.TimestampFrequency / TimeSpan.TicksPerSecond;

    /// <summary>Counts a try, unless the client or the link has no tries left.</summary>
    /// <param name="address">The address of the client; null if it is unknown.</param>
    /// <param name="link">The id of the link.</param>
    /// <param name="counted">The counted try.</param>
    /// <param name="wait">How long the client must wait before the next try, if none is left.</param>
    public bool TryCount(IPAddress? address, long link, out PasswordTry counted, out TimeSpan wait)
    {
        var now = Math.Max(1, time.GetTimestamp());
        var (entry, linkEntry) = (EntryOf(address, link), EntryOf(link));
        lock (_lock)
        {
            ref var linkEnd = ref (_links ??= new long[Entries])[linkEntry];
            var times = (_times ??= new long[Entries * MaxTries]).AsSpan(entry * MaxTries, MaxTries);
            var oldest = 0;
            for (var place = 1; place < MaxTries; place++)
                oldest = times[place] < times[oldest] ? place : oldest;
            wait = times[oldest] == 0 ? TimeSpan.Zero : Window - time.GetElapsedTime(times[oldest], now);
            counted = new(entry, now, linkEntry);
            var full = Math.Max(linkEnd, now) - now - ((MaxTriesOfLink - 1) * _partOfTry);
            if (full > 0 && time.GetElapsedTime(0, full) is var waitOfLink && waitOfLink > wait)
                wait = waitOfLink;
            if (wait > TimeSpan.Zero)
                return false;
            times[oldest] = now;
            linkEnd = Math.Max(linkEnd, now) + _partOfTry;
            return true;
        }
    }

    /// <summary>
    /// Takes a try back, because the password was right, or because it was not checked at all.
    /// </summary>
    public void TakeBack(PasswordTry counted)
    {
        lock (_lock)
        {
            var times = _times.AsSpan(counted.Entry * MaxTries, MaxTries);
            var place = times.IndexOf(counted.At);
            if (place >= 0)
                times[place] = 0;
            _links![counted.LinkEntry] -= _partOfTry;
        }
    }

    /// <inheritdoc cref="KnownPasswords.HashOf"/>
    private static int EntryOf(long link) => KnownPasswords.HashOf(link) & (Entries - 1);

    private static int EntryOf(IPAddress? address, long link) =>
        HashCode.Combine(LimitedClient.OfAddress(address), link) & (Entries - 1);
}

/// <summary>A try that <see cref="PasswordTries"/> has counted.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PasswordTry(int Entry, long At, int LinkEntry);
