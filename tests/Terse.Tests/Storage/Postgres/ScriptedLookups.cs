using System.Globalization;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Returns the results in the script in order, one for each lookup, whichever host the finder asks. A host
/// that is "lost", "hung" or "dies" gives none. Before "hung" and "dies", and after "hung", a primary is
/// known.
/// </summary>
internal sealed class ScriptedLookups(string script) : ILinkLookups
{
    public static readonly Tsid Id =
        SimulatedNodes.IdAt(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero), 1);

    /// <summary>The time of the link's creation, and of its change.</summary>
    public static readonly DateTimeOffset Time = SimulatedNodes.EndOf(Id);

    private readonly bool? _canReachHost;
    private readonly Queue<string> _script = new(script.Split(", "));

    public int Generation => 2;

    public bool IsPrimaryKnown { get; private set; } = script.Contains("hung") || script.Contains("dies");

    /// <summary>By default, whether the script contains a further lookup.</summary>
    public bool CanReachHost { get => _canReachHost ?? _script.Count > 0; init => _canReachHost = value; }

    public long Layouts { get; init; } = 1;

    public bool IsFenceStuck { get; init; }

    public List<string> Asked { get; } = [];

    public List<DateTimeOffset> Horizons { get; } = [];

    public List<TimeSpan> Limits { get; } = [];

    public IBatcher<LinkName, LookupResult> Any => new ScriptedBatcher(this, "any");

    public IBatcher<LinkName, LookupResult> Latest => new ScriptedBatcher(this, "latest");

    public IBatcher<LinkName, LookupResult> Missing => new ScriptedBatcher(this, "missing");

    public IBatcher<LinkName, Fence> Fences => new ScriptedFences(this);

    public IReadOnlyList<int> Replicas { get; init; } = [1];

    public async Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
        int replica, Func<long, IReadOnlyList<LinkName>> pick) =>
        [await AnswerAsync(Assert.Single(pick(1)), "replayed")];

    public Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken)
    {
        Horizons.Add(horizon);
        return AnswerAsync(name, "at least");
    }

    /// <summary>
    /// Times out if the script contains no further lookup. Otherwise, a replica reaches the horizon
    /// within the time limit.
    /// </summary>
    public Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken)
    {
        Horizons.Add(horizon);
        Limits.Add(limit);
        return Task.FromResult(_script.Count > 0 ? HorizonWait.Reached : HorizonWait.TimedOut);
    }

    private Task<LookupResult> AnswerAsync(LinkName name, string asked)
    {
        Asked.Add(asked);
        var lookup = _script.Dequeue();
        IsPrimaryKnown &= lookup != "dies";
        return lookup is "lost" or "hung" or "dies"
            ? Task.FromException<LookupResult>(new HostUnavailableException("lost"))
            : Task.FromResult(Parse(name, lookup.Split(' ')));
    }

    private LookupResult Parse(LinkName name, string[] lookup)
    {
        var (host, content, horizon) = (lookup[0], lookup[1], lookup[2]);
        var offset = horizon switch { "before" => -1, "at" => 0, _ => 1 };
        return new LookupResult(
            content == "link" ? new Link(Id, name.Domain, name.Code, "https://example.com/", Time) : null,
            Time.AddMicroseconds(offset),
            Generation: host[1] - '0',
            Layouts,
            host[0] is 'P' or 'D' ? HostRole.Primary : HostRole.Replica,
            IsReplica: host[0] is 'R' or 'D')
        {
            LastDomain = lookup.Length > 3 ? long.Parse(lookup[3], CultureInfo.InvariantCulture) : 0,
        };
    }

    private sealed class ScriptedFences(ScriptedLookups lookups) : IBatcher<LinkName, Fence>
    {
        public Task<Fence> CallAsync(LinkName call, CancellationToken cancellationToken)
        {
            lookups.Asked.Add("fence");
            if (lookups.IsFenceStuck)
                return new TaskCompletionSource<Fence>().Task.WaitAsync(cancellationToken);
            var fence = lookups._script.Dequeue();
            return fence == "lost"
                ? Task.FromException<Fence>(new HostUnavailableException("lost"))
                : Task.FromResult(new Fence(fence[1] - '0', Position: 1, Time.AddDays(-1)));
        }
    }

    private sealed class ScriptedBatcher(ScriptedLookups lookups, string kind)
        : IBatcher<LinkName, LookupResult>
    {
        public Task<LookupResult> CallAsync(LinkName call, CancellationToken cancellationToken) =>
            lookups.AnswerAsync(call, kind);
    }
}
