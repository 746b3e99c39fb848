using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Redirects;

/// <summary>
/// A link store that keeps its links in a dictionary. While <see cref="IsHolding"/> is true, each read waits
/// until the test completes it. Otherwise, reads complete immediately.
/// </summary>
internal sealed class FakeLinkStore : ILinkStore, ILinkReader, ISlashCodeStore
{
    private long _lastId;

    public Dictionary<string, Link> Links { get; } = new(StringComparer.Ordinal);

    public List<HeldRead> Held { get; } = [];

    public bool IsHolding { get; set; }

    public bool IsLost { get; set; }

    public int Reads { get; private set; }

    /// <summary>Adds a link, or changes the target of an existing link.</summary>
    public Link Put(string code, string target = "https://example.com/")
    {
        var id = Tsid.FromInt64(++_lastId);
        return Links[code] = Links.TryGetValue(code, out var link)
            ? link with { Target = target, Version = link.Version + 1 }
            : new Link(id, "", code, target, DateTimeOffset.UnixEpoch);
    }

    public ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken)
    {
        Reads++;
        if (IsLost)
            throw new StoreUnavailableException("The store is lost.");
        if (!IsHolding)
            return new(Links.GetValueOrDefault(name.Code));
        var held = new HeldRead(this, name.Code);
        Held.Add(held);
        return new(held.Task);
    }

    public ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken) =>
        FindAsync(name, cancellationToken);

    public Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task<bool> MayExistAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Links.Keys.Any(code => code.Contains('/', StringComparison.Ordinal)));

    /// <summary>
    /// Decrements <see cref="Link.MaxVisits"/>, in which this fake store keeps the number of remaining
    /// visits.
    /// </summary>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken)
    {
        var left = Links[link.Code].MaxVisits!.Value;
        Links[link.Code] = Links[link.Code] with { MaxVisits = Math.Max(0, left - 1) };
        return Task.FromResult(left > 0);
    }

    /// <summary>
    /// A read that the test controls: the test decides when the read takes its snapshot of the link, and when
    /// the read completes with this snapshot.
    /// </summary>
    internal sealed class HeldRead(FakeLinkStore store, string code)
    {
        private readonly TaskCompletionSource<Link?> _result = new();
        private Link? _snapshot;
        private bool _hasSnapshot;

        public Task<Link?> Task => _result.Task;

        public void TakeSnapshot() => (_snapshot, _hasSnapshot) = (store.Links.GetValueOrDefault(code), true);

        public void Complete()
        {
            if (!_hasSnapshot)
                TakeSnapshot();
            store.Held.Remove(this);
            _result.SetResult(_snapshot);
        }

        public void Fail(Exception? exception = null)
        {
            store.Held.Remove(this);
            _result.SetException(exception ?? new StoreUnavailableException("The store is lost."));
        }
    }
}
