using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// What a redirect has to know of a link. There may be a million of them, so this is one small object that
/// carries its place in the cache with it.
/// </summary>
internal sealed class KnownLink
{
    /// <summary>
    /// Bytes of one that is kept, beyond its strings: itself, its node and its place in the dictionary's
    /// table, and what is remembered of it when it is gone. A test measures it.
    /// </summary>
    private const int OwnBytes = 200;

    /// <summary>Bytes of a string beyond its characters.</summary>
    private const int StringBytes = 22;

    private const int MaxHits = 3;

    /// <summary>Since it was last looked at; some may go uncounted.</summary>
    private int _hits;

    /// <summary>The domain's key.</summary>
    public required string Domain { get; init; }

    public required string Code { get; init; }

    public required long Id { get; init; }

    /// <summary>The target's ASCII form.</summary>
    public required string Location { get; init; }

    /// <summary>In milliseconds since 1970; the greatest number for never.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>By the monotonic clock, before it was asked for: it is that old, or younger.</summary>
    public required long LoadedAt { get; init; }

    /// <summary>Why it is not followed, whatever the time; else <see cref="VisitKind.Followed"/>.</summary>
    public VisitKind Standing { get; init; }

    /// <summary>The link, where each visit has to be taken from those that it has left.</summary>
    public Link? Limited { get; init; }

    /// <summary>Whether it may be answered again without another look at the store.</summary>
    public bool IsToBeKept => Standing == VisitKind.Followed && Limited is null;

    public int Bytes => OwnBytes + (2 * StringBytes) + (2 * (Code.Length + Location.Length));

    public int Hits => _hits;

    /// <summary>Whether it is in the cache's main queue; else in the small one.</summary>
    public bool IsInMain { get; set; }

    public KnownLink? Newer { get; set; }

    public KnownLink? Older { get; set; }

    public static KnownLink Of(
        Link link, (string Domain, string Code) key, long loadedAt, bool isBlocked)
    {
        var standing = link.DeletedAt is not null ? VisitKind.Deleted
            : isBlocked ? VisitKind.Blocked
            : VisitKind.Followed;
        return new KnownLink
        {
            Domain = key.Domain,
            Code = key.Code,
            Id = link.Id.ToInt64(),
            Location = Target.ToAscii(link.Target),
            ExpiresAt = link.ExpiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue,
            LoadedAt = loadedAt,
            Standing = standing,
            Limited = link.MaxVisits is null ? null : link,
        };
    }

    /// <summary>How a request is answered, its visits left aside.</summary>
    public VisitKind AnswerAt(DateTimeOffset now) =>
        Standing == VisitKind.Followed && HasExpired(now) ? VisitKind.Expired : Standing;

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now.ToUnixTimeMilliseconds();

    /// <summary>Writes nothing once it has hits enough, so that processors can share what is hot.</summary>
    public void CountHit()
    {
        var hits = _hits;
        if (hits < MaxHits)
            _hits = hits + 1;
    }

    public void SetHits(int hits) => _hits = hits;
}
