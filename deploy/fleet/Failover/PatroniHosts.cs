using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// Starts the databases of a fleet under Patroni, one Patroni each, and the etcd in which they agree on the
/// primary. Patroni creates the databases, and replaces a primary that was killed.
/// </summary>
internal sealed class PatroniHosts(
    FleetFolder folder, FleetLayout layout, FleetProcesses processes, HttpProbe http)
{
    private static readonly TimeSpan StoreLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SwitchLimit = TimeSpan.FromSeconds(30);

    /// <summary>Longer than the time after which Patroni replaces a primary, and a copy of the
    /// data.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DatabaseFolders _folders = new(folder, layout);

    /// <summary>Starts what is not alive, and waits until all databases follow one primary.</summary>
    /// <param name="former">A database that has to give up being the primary; null if any may be it.</param>
    public async Task StartAsync(FleetPart? former = null)
    {
        await StartStoreAsync();
        foreach (var host in layout.DatabaseParts.Where(host => !processes.IsAlive(host)))
            await StartHostAsync(host);
        var first = layout.DatabaseParts.First();
        FleetPart? primary = null;
        if (!await processes.WaitAsync(first, Limit, async () =>
                (primary = await FindPrimaryAsync()) is not null && primary != former))
        {
            throw folder.Failure(first.Name, "runs, but no database became the primary");
        }

        await new DatabaseHosts(folder, layout, processes).CreateDatabaseAsync(primary!);
        var replicas = layout.DatabaseParts.Where(host => host.Name != primary!.Name).ToList();
        foreach (var replica in replicas)
        {
            if (!await processes.WaitAsync(replica, Limit, () => FollowsAsync(replica, primary!)))
                throw folder.Failure(replica.Name, $"does not follow {primary!.Name}");
        }

        if (layout.IsSynchronous && replicas.Count > 0)
            await WaitForSynchronousAsync(primary!, replicas);
    }

    /// <summary>Lets Patroni make another database the primary.</summary>
    /// <param name="to">The name of the database; null for any replica.</param>
    public async Task SwitchAsync(string? to)
    {
        var primary = await FindPrimaryAsync()
            ?? throw new FleetException("There is not one primary; repair the fleet: ./fleet up");
        var replicas = layout.DatabaseParts
            .Where(host => host != primary && processes.IsAlive(host))
            .Select(host => host.Name)
            .ToList();
        if (to is not null && !replicas.Contains(to, StringComparer.Ordinal))
        {
            throw new FleetException(
                $"{to} is no replica that is alive. The replicas are: {string.Join(' ', replicas)}");
        }

        // A database that became a replica a moment ago is refused until Patroni has read its state.
        using var patroni = new PatroniApi(layout);
        string? refusal = null;
        if (!await processes.WaitAsync(primary, SwitchLimit, async () =>
                (refusal = await patroni.SwitchAsync(primary, to, processes.Interrupted)) is null
                || await FindPrimaryAsync() is { } next && next != primary))
        {
            throw new FleetException(
                $"The switchover did not complete: {refusal}. It may still happen; see ./fleet status");
        }

        await StartAsync(former: primary);
        if (to is not null && await FindPrimaryAsync() is { } other && other.Name != to)
            throw new FleetException($"Patroni made {other.Name} the primary instead of {to}.");
    }

    /// <summary>
    /// Stops databases whose Patroni was killed. Such a database goes on, and may be a second primary.
    /// </summary>
    public async Task StopOrphansAsync()
    {
        foreach (var host in layout.DatabaseParts.Where(host => !processes.IsAlive(host)))
        {
            if (_folders.RunningProcessOf(host.Name) is not { } process)
                continue;
            Messages.Say($"Stopping the PostgreSQL that {host.Name} has left");
            _ = ChildProcess.TrySignal(process, ChildProcess.SigInt);
            await _folders.ReleaseAsync(host.Name, processes.Interrupted);
        }
    }

    /// <summary>
    /// Returns the primary; null if none answers, or several do. After a Patroni was killed alone, its
    /// database stays a primary beside the new one, until its Patroni starts again.
    /// </summary>
    private async Task<FleetPart?> FindPrimaryAsync()
    {
        var roles = await Task.WhenAll(layout.DatabaseParts.Select(async host =>
            (Host: host, Role: await Replication.RoleOfAsync(host))));
        return roles.Where(host => host.Role is "primary").ToList() is [var only] ? only.Host : null;
    }

    /// <summary>Waits until commits wait for a replica. Only such a replica can become the primary.</summary>
    private async Task WaitForSynchronousAsync(FleetPart primary, IReadOnlyCollection<FleetPart> replicas)
    {
        using var patroni = new PatroniApi(layout);
        if (!await processes.WaitAsync(primary, Limit, async () =>
                (await Task.WhenAll(replicas.Select(patroni.IsSynchronousAsync))).Contains(true)))
        {
            throw folder.Failure(primary.Name, "has no synchronous replica");
        }
    }

    private static async Task<bool> FollowsAsync(FleetPart replica, FleetPart primary) =>
        await Replication.RoleOfAsync(replica) is "replica"
        && await Replication.AskAsync(
            primary, $"SELECT state FROM pg_stat_replication WHERE application_name = '{replica.Name}'")
            is "streaming";

    private async Task StartStoreAsync()
    {
        var store = layout.Store!;
        if (!processes.IsAlive(store))
        {
            var peer = $"http://127.0.0.1:{layout.PortOf(FleetLayout.PeerName)}";
            processes.Start(
                store,
                "etcd", "--name", store.Name, "--data-dir", folder[store.Name], "--log-level", "warn",
                "--listen-client-urls", store.Address, "--advertise-client-urls", store.Address,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", $"{store.Name}={peer}");
        }

        if (!await processes.WaitAsync(store, StoreLimit, () => http.IsReadyAsync(store, "/health")))
            throw folder.Failure(store.Name, "is not ready");
    }

    private async Task StartHostAsync(FleetPart host)
    {
        var rest = layout.PortOf(FleetLayout.PatroniName(host));
        var path = folder[host.Name].Replace("'", "''", StringComparison.Ordinal);
        var template = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "deploy/fleet/Failover/patroni.yml"), processes.Interrupted);
        var settings = folder[$"{host.Name}.yml"];
        await File.WriteAllTextAsync(
            settings,
            template
                .Replace("@NAME@", host.Name, StringComparison.Ordinal)
                .Replace("@REST@", $"{rest}", StringComparison.Ordinal)
                .Replace("@ETCD@", $"{layout.Store!.Port}", StringComparison.Ordinal)
                .Replace("@SYNCHRONOUS@", layout.IsSynchronous ? "true" : "false", StringComparison.Ordinal)
                .Replace("@PORT@", $"{host.Port}", StringComparison.Ordinal)
                .Replace("@PROGRAMS@", PostgresPrograms.Folder, StringComparison.Ordinal)
                .Replace("@DATA@", path, StringComparison.Ordinal),
            processes.Interrupted);
        await _folders.CreateEmptyAsync(host.Name);
        string[] command = ["patroni", settings];
        processes.Start(
            host,
            PostgresPrograms.NeedOtherUser ? ["setpriv", .. PostgresPrograms.AsPostgres(command)] : command);
    }
}
