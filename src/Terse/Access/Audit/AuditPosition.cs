using System.Runtime.InteropServices;

namespace Terse.Access;

/// <summary>The position of a row in the audit.</summary>
/// <param name="At">When the change was made, in microseconds since 1970.</param>
/// <param name="Id">Distinguishes rows of the same time.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AuditPosition(long At, long Id)
{
    /// <summary>The position before all rows that are not older than a time; null for all rows.</summary>
    public static AuditPosition? Before(DateTimeOffset? time) =>
        time is { } until ? new(MicrosecondsOf(until), long.MinValue) : null;

    public static long MicrosecondsOf(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
