using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Redirects;

/// <summary>
/// Links in a dictionary. Lookups are answered at once, or held until the test says what becomes of them.
/// </summary>
internal sealed class FakeLinkStore : ILinkStore, ILinkReader
{
    private long _lastId;

    public Dictionary<string, Link> Links { get; } = new(StringComparer.Ordinal);

    public List<HeldLookup> Held { get; } = [];

    public bool IsHolding { get; set; }

    public bool IsLost { get; set; }

    public int Lookups { get; private set; }

    public TimeSpan Timeout => TimeSpan.FromSeconds(3);

    /// <summary>Adds a link, or changes its target.</summary>
    public Link Put(string code, string target = "https://example.com/")
    {
        var id = Tsid.FromInt64(++_lastId);
        return Links[code] = Links.TryGetValue(code, out var link)
            ? link with { Target = target, Version = link.Version + 1 }
            : new Link(id, "", code, target, DateTimeOffset.UnixEpoch);
    }

    public ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken)
    {
        Lookups++;
        if (IsLost)
            throw new StoreUnavailableException("The store is lost.");
        if (!IsHolding)
            return new(Links.GetValueOrDefault(name.Code));
        var held = new HeldLookup(this, name.Code);
        Held.Add(held);
        return new(held.Task);
    }

    public ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken) =>
        FindAsync(name, cancellationToken);

    public Task<AddLinkResult> AddAsync(
        Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Takes a visit of those that <see cref="Link.MaxVisits"/> still says.</summary>
    public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken)
    {
        var left = Links[link.Code].MaxVisits!.Value;
        Links[link.Code] = Links[link.Code] with { MaxVisits = Math.Max(0, left - 1) };
        return Task.FromResult(left > 0);
    }

    /// <summary>A lookup that reads at one moment, and is answered at another.</summary>
    internal sealed class HeldLookup(FakeLinkStore store, string code)
    {
        private readonly TaskCompletionSource<Link?> _answer = new();
        private Link? _read;

        public Task<Link?> Task => _answer.Task;

        public bool HasRead { get; private set; }

        public void Read() => (_read, HasRead) = (store.Links.GetValueOrDefault(code), true);

        public void Answer()
        {
            if (!HasRead)
                Read();
            store.Held.Remove(this);
            _answer.SetResult(_read);
        }

        public void Fail()
        {
            store.Held.Remove(this);
            _answer.SetException(new StoreUnavailableException("The store is lost."));
        }
    }
}
