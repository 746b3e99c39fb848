namespace Terse.Links;

/// <summary>
/// How late a server may serve a changed link, and which part of this time each cause may use up.
/// </summary>
/// <remarks>
/// While the change feed works, a server serves a change milliseconds after its acknowledgement. When the
/// feed is lost, two delays add up: a load may return a link without the changes that were acknowledged since
/// the feed's last complete read, and the cache then serves this link without a further confirmation.
/// </remarks>
internal static class ChangeDelay
{
    /// <summary>The longest time from the acknowledgement of a change until every server serves it.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(5);

    /// <summary>How long the cache serves a link after the link's last confirmation.</summary>
    public static readonly TimeSpan InCache = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long after the feed's last complete read a load may return a link that misses changes.
    /// </summary>
    public static readonly TimeSpan InLoad = Max - InCache;
}
