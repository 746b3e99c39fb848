namespace Terse.Hosting;

internal static class StoredTime
{
    /// <summary>
    /// Returns the present time with the precision of the stores, 1 ms, so that a value is the same before
    /// and after it was stored.
    /// </summary>
    public static DateTimeOffset GetUtcMilliseconds(this TimeProvider time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
