using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// What a server's feed of changes listens to: the primary that its board knows. Connections end with their
/// host, or are cut and nobody notices before the next reading; replies may be lost, and notifications late.
/// </summary>
internal sealed class SimulatedChanges(SimulatedServer server, SimulatedCluster cluster, Random random)
    : IChangeSource
{
    private SimulatedListener? _listener;

    public int Timeline => server.KnownTimeline;

    public Moment Passed => server.Standings.Min(standing =>
        new Moment(standing.State.Timeline, standing.State.Horizon));

    public void Cut()
    {
        if (_listener is not null)
            _listener.IsCut = true;
    }

    public async Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onChanged, CancellationToken cancellationToken)
    {
        await server.StepAsync();
        if (server.FindPrimary() is not { Role: HostRole.Primary } host
            || !cluster.Reaches(server.Timeline, host))
        {
            await server.Time.PassAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
            throw new HostUnavailableException("The primary is lost.");
        }

        _listener = new SimulatedListener(server, cluster, host, onChanged, random);
        cluster.Listeners.Add(_listener);
        await server.StepAsync();
        return _listener;
    }
}

/// <summary>A connection that listens on a host.</summary>
internal sealed class SimulatedListener(
    SimulatedServer server,
    SimulatedCluster cluster,
    SimulatedHost host,
    Action<ChangeNotice> onChanged,
    Random random) : IChangeConnection
{
    private readonly int _starts = host.Starts;
    private readonly int _timeline = host.Timeline;

    public SimulatedHost Host => host;

    public bool IsCut { get; set; }

    private bool IsAlive =>
        !IsCut && host.IsUp && host.Starts == _starts && cluster.Reaches(server.Timeline, host);

    /// <summary>A notification, which arrives some time later, or never.</summary>
    public async Task TellAsync(Link changed, DateTimeOffset at)
    {
        await server.StepAsync();
        if (!IsAlive)
            return;
        server.Told.Hand(changed);
        onChanged(new(new(changed.Domain, changed.Code), new(_timeline, at)));
    }

    public Task HearAsync(TimeSpan time, CancellationToken cancellationToken) =>
        server.Time.PassAsync(time, cancellationToken);

    public async Task<ChangeBatch> ReadAsync(
        DateTimeOffset? since, int limit, CancellationToken cancellationToken)
    {
        await server.StepAsync();
        AssertIsAlive();
        if (host.ShownTimeline != host.Timeline)
            throw new HostUnavailableException("The primary has not beaten yet.");
        var complete = new Moment(_timeline, host.ClosedAt);
        var all = host.Changes.Select(change => change.Link).ToList();
        var after = host.Changes.Where(change => change.At > (since ?? host.ClosedAt)).ToList();
        await server.StepAsync();
        AssertIsAlive();
        foreach (var link in since is null ? all : after.Select(change => change.Link))
            server.Told.Hand(link);
        return new(complete, [.. after.Select(change =>
            new ChangeNotice(change.Link.Name, new(_timeline, change.At)))]);
    }

    public ValueTask DisposeAsync()
    {
        IsCut = true;
        cluster.Listeners.Remove(this);
        return ValueTask.CompletedTask;
    }

    private void AssertIsAlive()
    {
        if (!IsAlive || random.Next(60) == 0)
            throw new IOException("The reply is lost.");
    }
}
