using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// The part of a link that a redirect needs. The cache may hold a million links, so each link is one small
/// object that also holds its position in the cache.
/// </summary>
internal sealed class CachedLink
{
    /// <summary>A lower bound of <see cref="Bytes"/>.</summary>
    public const int MinBytes = OverheadBytes;

    /// <summary>
    /// Bytes of a cached link beyond its strings: this object, its share of the table, and its share of
    /// <see cref="GhostQueue"/>. A test measures it.
    /// </summary>
    private const int OverheadBytes = 144;

    /// <summary>Bytes of a string beyond its characters.</summary>
    private const int StringBytes = 22;

    private const int MaxHits = 3;
    private const int CacheLineBytes = 64;

    /// <summary>A racing update may lose a hit.</summary>
    private int _hits;

    private CachedLink? _next;

    /// <summary>The stored domain name; empty for the default domain.</summary>
    public required string Domain { get; init; }

    public required string Code { get; init; }

    /// <inheritdoc cref="HashedLinkName.Hash"/>
    public required int Hash { get; init; }

    /// <inheritdoc cref="HashedLinkName.Packed"/>
    public required UInt128 Packed { get; init; }

    public required long Id { get; init; }

    /// <summary>The ASCII form of the target.</summary>
    public required string Location { get; init; }

    /// <summary>
    /// In milliseconds since 1970; <see cref="long.MaxValue"/> for a link that never expires.
    /// </summary>
    public required long ExpiresAt { get; init; }

    /// <summary>
    /// A timestamp of the monotonic clock, taken before the store was read: the copy is this old at most.
    /// </summary>
    public required long LoadedAt { get; init; }

    /// <summary>
    /// The outcome of a visit before expiry and the visit limit are checked;
    /// <see cref="RedirectOutcome.Followed"/>, unless the link is deleted or blocked.
    /// </summary>
    public RedirectOutcome Outcome { get; init; }

    /// <summary>The link, where each visit counts against <see cref="Link.MaxVisits"/>; else null.</summary>
    public Link? LimitedLink { get; init; }

    /// <summary>Whether further requests may be answered from this copy.</summary>
    public bool IsCacheable => Outcome == RedirectOutcome.Followed && LimitedLink is null;

    public LinkName Name => new(Domain, Code);

    public HashedLinkName HashedName => new(Domain, Code);

    public int Bytes => OverheadBytes + (2 * StringBytes) + (2 * (Code.Length + Location.Length));

    /// <summary>Hits since <see cref="S3Fifo"/> last reset them, 3 at most.</summary>
    public int Hits => _hits;

    /// <summary>
    /// Whether the link is in the main queue of <see cref="S3Fifo"/>; else in the small queue.
    /// </summary>
    public bool IsInMain { get; set; }

    public CachedLink? Newer { get; set; }

    public CachedLink? Older { get; set; }

    /// <summary>The next link of the same chain of the <see cref="LinkTable"/>.</summary>
    public ref CachedLink? Next => ref _next;

    public static CachedLink Of(Link link, LinkName name, long loadedAt, bool isBlocked)
    {
        var outcome = link.DeletedAt is not null ? RedirectOutcome.Deleted
            : isBlocked ? RedirectOutcome.Blocked
            : RedirectOutcome.Followed;
        HashedLinkName hashed = name;
        return new CachedLink
        {
            Domain = name.Domain,
            Code = name.Code,
            Hash = hashed.Hash,
            Packed = hashed.Packed,
            Id = link.Id.ToInt64(),
            Location = Target.ToAscii(link.Target),
            ExpiresAt = link.ExpiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue,
            LoadedAt = loadedAt,
            Outcome = outcome,
            LimitedLink = link.MaxVisits is null ? null : link,
        };
    }

    /// <summary>
    /// Whether this is the link of a name. The string of the code lies elsewhere in memory, so it is read
    /// only for a code that has no packed form.
    /// </summary>
    public bool HasName(HashedLinkName name) =>
        Hash == name.Hash
        && Packed == name.Packed
        && (Packed != 0 || name.Code.SequenceEqual(Code))
        && Domain == name.Domain;

    /// <summary>The outcome of a visit, before the visit limit is checked.</summary>
    public RedirectOutcome OutcomeAt(DateTimeOffset now) =>
        Outcome == RedirectOutcome.Followed && HasExpired(now) ? RedirectOutcome.Expired : Outcome;

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now.ToUnixTimeMilliseconds();

    /// <summary>
    /// Counts up to the maximum and then writes nothing, so that the processors can share the memory of a hot
    /// link.
    /// </summary>
    public void CountHit()
    {
        var hits = _hits;
        if (hits < MaxHits)
            _hits = hits + 1;
    }

    public void SetHits(int hits) => _hits = hits;

    /// <summary>
    /// Starts to fetch the target into the processor's cache, because the redirect needs the target last and
    /// hardly one of a million links is in that cache. The garbage collector may move the string meanwhile;
    /// then the fetch has no effect.
    /// </summary>
    public unsafe void PrefetchLocation()
    {
        if (!Sse.IsSupported)
            return;
        var begin = (char*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Location.AsSpan()));
        Sse.Prefetch0(begin);
        Sse.Prefetch0(begin + (CacheLineBytes / sizeof(char)));
    }
}
