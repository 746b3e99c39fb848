using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// Runs the writes of a server on the simulated primary. The writes imitate the SQL function
/// <c>horizon_beat</c>, and inserts and updates that fire the trigger <c>horizon_guard</c>. The simulation
/// can run other tasks before each statement, before the commit, before the commit becomes visible, and
/// before the server receives the response.
/// </summary>
internal sealed class SimulatedWrites(
    SimulatedServer server, SimulatedCluster cluster, HorizonSabotage sabotage, Random random)
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>How far the server's estimate of the time is ahead of the true time.</summary>
    private TimeSpan _error = TimeSpan.FromMilliseconds(random.Next(-600, 600));

    public async Task BeatAsync()
    {
        if (server.FindPrimary() is not { } host)
            return;
        var beat = new object();
        await server.StepAsync();
        if (!cluster.TryBegin(host, beat))
            return;
        if (!host.TryTakeExclusive(beat))
        {
            host.End(beat);
            return;
        }

        var grace = HasBeaten(host) ? Grace : TimeSpan.Zero;
        var closed = Later(host.ClosedAt, host.Now - grace);
        await CommitAsync(host, beat, new(null, closed, host.Timeline));
    }

    /// <summary>
    /// Creates a link. Returns the link if the server received the response to the commit, otherwise null.
    /// </summary>
    /// <param name="make">Makes a link with the id that it receives.</param>
    public async Task<Link?> CreateAsync(Func<Tsid, Link> make)
    {
        for (var tries = 0; tries < 3; tries++)
        {
            // One id in three is already up to 2 s old when the server inserts the link.
            var age = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(2000) : 0);
            var id = SimulatedNodes.IdAt(cluster.TrueNow + _error - age, random.Next(4096));
            await server.StepAsync();
            if (server.FindPrimary() is not { } host)
                return null;
            var creation = new object();
            await server.StepAsync();
            if (!cluster.TryBegin(host, creation))
                return null;
            if (sabotage != HorizonSabotage.NoLock && !host.TryShare(creation))
            {
                host.End(creation);
                return null;
            }

            await server.StepAsync();
            if (!HasBeaten(host))
            {
                host.End(creation);
                return null;
            }

            if (IsAllowed(host, SimulatedNodes.EndOf(id)))
            {
                var link = make(id);
                return await CommitAsync(host, creation, new(link, default, 0)) ? link : null;
            }

            host.End(creation);
            CatchUp(host);
        }

        return null;
    }

    /// <summary>Changes a link. If the primary acknowledges the change, records it on this server.</summary>
    /// <param name="code">The code of the link.</param>
    /// <param name="change">Makes the new version of a link from the current version.</param>
    public async Task ChangeAsync(string code, Func<Link, Link> change)
    {
        if (server.FindPrimary() is not { } host)
            return;
        var update = new object();
        await server.StepAsync();
        if (!cluster.TryBegin(host, update))
            return;
        if (host.FindToChange(code, update) is not { } link
            || (sabotage != HorizonSabotage.NoLock && !host.TryShare(update)))
        {
            host.End(update);
            return;
        }

        await server.StepAsync();
        if (!host.IsOpen(update) || !HasBeaten(host))
        {
            host.End(update);
            return;
        }

        var written = Later(host.Now, host.ClosedAt.AddMicroseconds(1));
        var changed = change(link);
        var timeline = host.Timeline;
        if (!await CommitAsync(host, update, new(changed, written, timeline)))
            return;
        var notice = server.Changes.NoticeOf(changed, new(server.GenerationOfWrite(timeline), written));
        server.Pending.Add(notice.Name, notice.Version, notice.WrittenAt);
        server.Notified.Add(changed);
    }

    private static bool HasBeaten(SimulatedHost host) => host.ShownTimeline == host.Timeline;

    private bool IsAllowed(SimulatedHost host, DateTimeOffset written) =>
        sabotage == HorizonSabotage.NoGuard || written > host.ClosedAt;

    private async Task<bool> CommitAsync(SimulatedHost host, object transaction, LogEntry entry)
    {
        await server.StepAsync();
        if (!host.IsOpen(transaction))
            return false;
        host.Log.Add(entry);
        var place = host.Log.Count;
        await server.StepAsync();
        if (!host.IsOpen(transaction))
            return false;
        host.Show(entry);
        host.End(transaction);
        cluster.Confirmed = Math.Max(cluster.Confirmed, place);
        if (entry.Link is { Version: > 1 } changed)
            cluster.Notify(host, changed, entry.At);
        await server.StepAsync();
        return random.Next(20) != 0;
    }

    /// <summary>
    /// Corrects the server's estimate of the time after the guard refused an id. A real server renews its
    /// node reservation in this case, and receives the primary's clock or a time just after the horizon.
    /// </summary>
    private void CatchUp(SimulatedHost host) =>
        _error = Later(host.Now, host.ClosedAt.AddMilliseconds(2)) - cluster.TrueNow;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) =>
        one > other ? one : other;
}
