using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// What a redirect has to know of a link. There may be a million of them, so this is one small object that
/// carries its place in the cache with it.
/// </summary>
internal sealed class CachedLink
{
    /// <summary>No link that is kept takes fewer bytes.</summary>
    public const int MinBytes = OwnBytes;

    /// <summary>
    /// Bytes of one that is kept, beyond its strings: itself, its place in the table, and what is remembered
    /// of it when it is gone. A test measures it.
    /// </summary>
    private const int OwnBytes = 144;

    /// <summary>Bytes of a string beyond its characters.</summary>
    private const int StringBytes = 22;

    private const int MaxHits = 3;
    private const int CacheLineBytes = 64;

    /// <summary>Since it was last looked at; some may go uncounted.</summary>
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

    /// <summary>The target's ASCII form.</summary>
    public required string Location { get; init; }

    /// <summary>In milliseconds since 1970; the greatest number for never.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>By the monotonic clock, before it was asked for: it is that old, or younger.</summary>
    public required long LoadedAt { get; init; }

    /// <summary>Why it is not followed, whatever the time; else <see cref="RedirectOutcome.Followed"/>.</summary>
    public RedirectOutcome Standing { get; init; }

    /// <summary>The link, where each visit has to be taken from those that it has left.</summary>
    public Link? Limited { get; init; }

    /// <summary>Whether it may be answered again without another look at the store.</summary>
    public bool IsToBeKept => Standing == RedirectOutcome.Followed && Limited is null;

    public HashedLinkName HashedName => new(Domain, Code);

    public int Bytes => OwnBytes + (2 * StringBytes) + (2 * (Code.Length + Location.Length));

    public int Hits => _hits;

    /// <summary>Whether it is in the cache's main queue; else in the small one.</summary>
    public bool IsInMain { get; set; }

    public CachedLink? Newer { get; set; }

    public CachedLink? Older { get; set; }

    /// <summary>The next of its chain in the <see cref="LinkTable"/>.</summary>
    public ref CachedLink? Next => ref _next;

    public static CachedLink Of(Link link, LinkName name, long loadedAt, bool isBlocked)
    {
        var standing = link.DeletedAt is not null ? RedirectOutcome.Deleted
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
            Standing = standing,
            Limited = link.MaxVisits is null ? null : link,
        };
    }

    /// <summary>Looks at the code's string only where it has to, for that lies elsewhere in memory.</summary>
    public bool Has(HashedLinkName name) =>
        Hash == name.Hash
        && Packed == name.Packed
        && (Packed != 0 || name.Code.SequenceEqual(Code))
        && Domain == name.Domain;

    /// <summary>How a request is answered, its visits left aside.</summary>
    public RedirectOutcome AnswerAt(DateTimeOffset now) =>
        Standing == RedirectOutcome.Followed && HasExpired(now) ? RedirectOutcome.Expired : Standing;

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now.ToUnixTimeMilliseconds();

    /// <summary>Writes nothing once it has hits enough, so that processors can share what is hot.</summary>
    public void CountHit()
    {
        var hits = _hits;
        if (hits < MaxHits)
            _hits = hits + 1;
    }

    /// <summary>
    /// Has the processor fetch the target meanwhile, which is needed last: of a million links hardly one is
    /// in its cache. Should the string move just now, no harm is done.
    /// </summary>
    public unsafe void FetchLocation()
    {
        if (!Sse.IsSupported)
            return;
        var begin = (char*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Location.AsSpan()));
        Sse.Prefetch0(begin);
        Sse.Prefetch0(begin + (CacheLineBytes / sizeof(char)));
    }

    public void SetHits(int hits) => _hits = hits;
}
