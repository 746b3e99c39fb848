using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// The data of a link that a redirect needs. The cache may contain a million links, so each link is one small
/// object, which also contains the references to its neighbours in the queue and in the hash table.
/// </summary>
internal sealed class CachedLink
{
    /// <summary>The smallest possible value of <see cref="Bytes"/>.</summary>
    public const int MinBytes = OverheadBytes;

    /// <summary>
    /// The bytes that a cached link needs in addition to its strings: this object, its share of the hash
    /// table, and its share of <see cref="GhostQueue"/>. A test measures this number.
    /// </summary>
    private const int OverheadBytes = 144;

    /// <summary>The bytes that a string needs in addition to its characters.</summary>
    private const int StringBytes = 22;

    /// <summary>The bytes that <see cref="Conditional"/> needs, without its target and rules.</summary>
    private const int ConditionalBytes = 440;

    /// <summary>The bytes that a password needs, with the overhead of a title.</summary>
    private const int PasswordBytes = 260;

    private const int MaxHits = 3;
    private const int CacheLineBytes = 64;

    /// <summary>
    /// Threads update this field without a lock, so two concurrent updates may count only one hit. This does
    /// no harm, because the hits are only used to choose which link to evict.
    /// </summary>
    private int _hits;

    private CachedLink? _next;

    /// <summary>The domain name as stored; empty for the default domain.</summary>
    public required string Domain { get; init; }

    public required string Code { get; init; }

    /// <inheritdoc cref="HashedLinkName.Hash"/>
    public required int Hash { get; init; }

    /// <inheritdoc cref="HashedLinkName.Packed"/>
    public required UInt128 Packed { get; init; }

    public required long Id { get; init; }

    /// <summary>The value of the <c>Location</c> header: the target converted to ASCII.</summary>
    public required string Location { get; init; }

    /// <summary>
    /// When the link expires, in milliseconds since 1970 in UTC; <see cref="long.MaxValue"/> for a link that
    /// never expires.
    /// </summary>
    public required long ExpiresAt { get; init; }

    /// <summary>
    /// A timestamp of the monotonic clock, taken before the store was read, so that this copy never counts as
    /// younger than it is.
    /// </summary>
    public required long LoadedAt { get; init; }

    /// <summary>
    /// The outcome of a visit without regard to times and to the visit limit, which are checked at each
    /// visit: <see cref="RedirectOutcome.Deleted"/>, <see cref="RedirectOutcome.Disabled"/> or
    /// <see cref="RedirectOutcome.Blocked"/>; <see cref="RedirectOutcome.Followed"/> for any other link.
    /// </summary>
    public RedirectOutcome Outcome { get; init; }

    /// <summary>The status code of the redirect.</summary>
    public short Status { get; init; } = StatusCodes.Status302Found;

    /// <summary>
    /// More about the link if each visit needs a decision: the link has a visit limit, a password or rules,
    /// forwards paths or query strings, or did not work yet when this copy was loaded. Null for a link that
    /// always leads to its target; most links do.
    /// </summary>
    public ConditionalLink? Conditional { get; init; }

    /// <summary>
    /// The <c>Location</c> header after the link has expired; null if the answer is then 410.
    /// </summary>
    public string? ExpiredLocation { get; init; }

    /// <summary>Whether later requests may be answered with this copy.</summary>
    public bool IsCacheable => Outcome == RedirectOutcome.Followed && Conditional?.MaxVisits is null;

    /// <summary>
    /// Whether only people and programs that follow the link may be redirected: the link has a visit limit or
    /// a password.
    /// </summary>
    public bool IsGuarded => Conditional is { } link && ConditionalLink.NeedsGuard(link.Link);

    public LinkName Name => new(Domain, Code);

    public HashedLinkName HashedName => new(Domain, Code);

    public int Bytes => OverheadBytes + (2 * StringBytes) + (2 * (Code.Length + Location.Length))
        + (Conditional is null
            ? 0
            : ConditionalBytes + (2 * Conditional.Target.Length) + (Conditional.Rules?.Bytes ?? 0))
        + (IsGuarded ? PasswordBytes + (2 * (Conditional!.Settings.Title?.Length ?? 0)) : 0)
        + (ExpiredLocation is null ? 0 : StringBytes + (2 * ExpiredLocation.Length));

    /// <summary>
    /// The number of hits, at most 3. <see cref="S3Fifo"/> lowers this number when it moves the link into the
    /// main queue or back to the start of the main queue.
    /// </summary>
    public int Hits => _hits;

    /// <summary>
    /// Whether the link is in the main queue of <see cref="S3Fifo"/>; if not, it is in the small queue.
    /// </summary>
    public bool IsInMain { get; set; }

    public CachedLink? Newer { get; set; }

    public CachedLink? Older { get; set; }

    /// <summary>The next link in the same chain of <see cref="LinkTable"/>.</summary>
    public ref CachedLink? Next => ref _next;

    /// <param name="link">The stored link.</param>
    /// <param name="name">The name of the link; its strings are used again.</param>
    /// <param name="loadedAt">The monotonic clock before the store was read.</param>
    /// <param name="isBlocked">Whether the link can lead to a blocked host.</param>
    /// <param name="now">The present time.</param>
    public static CachedLink Of(
        Link link, LinkName name, long loadedAt, bool isBlocked, DateTimeOffset now)
    {
        var settings = link.Settings;
        var outcome = link.DeletedAt is not null ? RedirectOutcome.Deleted
            : settings.IsDisabled ? RedirectOutcome.Disabled
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
            Location = TargetAscii.Of(link.Target),
            ExpiresAt = link.ExpiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue,
            LoadedAt = loadedAt,
            Outcome = outcome,
            Status = (short)(settings.RedirectStatus ?? StatusCodes.Status302Found),
            Conditional = IsConditional(link, now) ? ConditionalLink.Of(link) : null,
            ExpiredLocation = settings.ExpiredTarget is { } expired ? TargetAscii.Of(expired) : null,
        };
    }

    /// <summary>Whether this link can lead to a blocked host.</summary>
    public bool IsBlockedBy(BlockTables blocks) =>
        blocks.IsBlocked(Location)
        || (ExpiredLocation is { } expired && blocks.IsBlocked(expired))
        || Conditional?.Rules?.Locations.Any(blocks.IsBlocked) == true;

    /// <summary>
    /// Whether this copy is conditional only because the link did not work yet when the copy was loaded.
    /// </summary>
    public bool HasStarted(DateTimeOffset now) =>
        Conditional is { Settings.ValidFrom: not null, Rules: null } conditional
        && !IsConditional(conditional.Link, now);

    private static bool IsConditional(Link link, DateTimeOffset now) =>
        ConditionalLink.NeedsGuard(link)
        || link.Settings.Rules is not null
        || link.Settings.ForwardPath
        || link.Settings.ForwardQuery != QueryForwarding.Off
        || link.Settings.ValidFrom > now;

    /// <summary>
    /// Whether this link has the given name. The string <see cref="Code"/> is a separate object, so reading
    /// the string costs another memory access. Therefore the strings are compared only if the code does not
    /// fit into <see cref="Packed"/>.
    /// </summary>
    public bool HasName(HashedLinkName name) =>
        Hash == name.Hash
        && Packed == name.Packed
        && (Packed != 0 || name.Code.SequenceEqual(Code))
        && Domain == name.Domain;

    /// <summary>
    /// Returns the outcome of a visit at the instant <paramref name="now"/>. Does not check the visit limit.
    /// </summary>
    public RedirectOutcome OutcomeAt(DateTimeOffset now) =>
        Outcome != RedirectOutcome.Followed ? Outcome
        : Conditional?.Settings.ValidFrom > now ? RedirectOutcome.Scheduled
        : HasExpired(now) ? RedirectOutcome.Expired
        : RedirectOutcome.Followed;

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now.ToUnixTimeMilliseconds();

    /// <summary>
    /// Counts a hit, up to the maximum. At the maximum, this method writes nothing, so that all processors
    /// can keep the memory of a hot link in their caches.
    /// </summary>
    public void CountHit()
    {
        var hits = _hits;
        if (hits < MaxHits)
            _hits = hits + 1;
    }

    public void SetHits(int hits) => _hits = hits;

    /// <summary>
    /// Starts to load the target's characters into the processor's cache, because a redirect needs them soon
    /// and they are rarely in that cache when there are a million links. If the garbage collector moves the
    /// string meanwhile, the prefetch has no effect.
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
