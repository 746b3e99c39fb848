using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// The source of a server's change feed. A connection goes to the host that the server considers to be the
/// primary, and ends when this host goes down. The simulation can also cut a connection; the server notices
/// the cut at its next read. Responses can be lost, and notifications can arrive late.
/// </summary>
internal sealed class SimulatedChanges(
    SimulatedServer server, SimulatedCluster cluster, HorizonSabotage sabotage, Random random)
    : IChangeSource
{
    private SimulatedListener? _listener;

    public int Generation => server.Generation;

    public Moment CompleteOnAllHosts => server.Hosts.Min(host =>
        new Moment(server.GenerationOf(host.State.Identity.Timeline), host.State.Horizon));

    public void Cut()
    {
        if (_listener is not null)
            _listener.IsCut = true;
    }

    public async Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onNotification, CancellationToken cancellationToken)
    {
        await server.StepAsync();
        if (server.FindPrimary() is not { Role: HostRole.Primary } host
            || !cluster.Reaches(server.Timeline, host)
            || (server.Generation > 0 && server.GenerationOf(host.Timeline) == 0))
        {
            await server.Time.PassAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
            throw new HostUnavailableException("The primary is lost.");
        }

        _listener = new SimulatedListener(this, server, cluster, host, onNotification, random);
        cluster.Listeners.Add(_listener);
        await server.StepAsync();
        return _listener;
    }

    /// <summary>
    /// Describes a change. If the versions are switched off, the version is the time of the change in
    /// milliseconds.
    /// </summary>
    public ChangeNotice NoticeOf(Link changed, Moment at) => new(
        changed.Name,
        sabotage == HorizonSabotage.NoVersions
            ? (int)(at.At - SimulatedCluster.Start).TotalMilliseconds
            : changed.Version,
        at);
}

/// <summary>A connection on which a server listens to the notifications of a host.</summary>
internal sealed class SimulatedListener(
    SimulatedChanges changes,
    SimulatedServer server,
    SimulatedCluster cluster,
    SimulatedHost host,
    Action<ChangeNotice> onNotification,
    Random random) : IChangeConnection
{
    private readonly int _starts = host.Starts;
    private readonly int _generation = server.GenerationOf(host.Timeline);

    public SimulatedHost Host => host;

    public bool IsCut { get; set; }

    private bool IsAlive =>
        !IsCut && host.IsUp && host.Starts == _starts && cluster.Reaches(server.Timeline, host);

    /// <summary>
    /// Sends a notification. The notification arrives later, or never if the connection ends before.
    /// </summary>
    public async Task NotifyAsync(Link changed, DateTimeOffset at)
    {
        await server.StepAsync();
        if (!IsAlive)
            return;
        server.Notified.Announce(changed);
        onNotification(changes.NoticeOf(changed, new(_generation, at)));
    }

    public Task ReceiveAsync(TimeSpan time, CancellationToken cancellationToken) =>
        server.Time.PassAsync(time, cancellationToken);

    public async Task<ChangeBatch> ReadAsync(
        ChangePosition? after, int limit, CancellationToken cancellationToken)
    {
        await server.StepAsync();
        AssertAlive();
        if (host.ShownTimeline != host.Timeline || server.GenerationOf(host.Timeline) != _generation)
            throw new HostUnavailableException("Another host is becoming the primary.");
        var completeUpTo = new Moment(_generation, host.ClosedAt);
        var all = host.Changes.Select(change => change.Link).ToList();
        var since = after?.WrittenAt ?? host.ClosedAt;
        var found = host.Changes.Where(change => change.At > since).OrderBy(change => change.At).ToList();
        await server.StepAsync();
        AssertAlive();
        foreach (var link in after is null ? all : found.Select(change => change.Link))
            server.Notified.Announce(link);
        return new(
            completeUpTo,
            [.. found.Select(change => changes.NoticeOf(change.Link, new(_generation, change.At)))],
            Last: null);
    }

    public ValueTask DisposeAsync()
    {
        IsCut = true;
        cluster.Listeners.Remove(this);
        return ValueTask.CompletedTask;
    }

    private void AssertAlive()
    {
        if (!IsAlive || random.Next(60) == 0)
            throw new IOException("The reply is lost.");
    }
}
