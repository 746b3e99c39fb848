using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>Starts the PostgreSQL servers of a fleet: the primary, and replicas that follow it.</summary>
internal sealed class DatabaseHosts(FleetFolder folder, FleetLayout layout, FleetProcesses processes)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FollowLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StreamLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SlotLimit = TimeSpan.FromSeconds(20);

    private readonly DatabaseFolders _folders = new(folder, layout);

    public async Task StartAsync()
    {
        var choice = await ChooseAsync() ?? await CreatePrimaryAsync();
        var primary = layout.DatabaseParts.Single(host => host.Name == choice.Name);
        if (!processes.IsAlive(primary))
            await StartAsync(primary);
        if (!await processes.WaitAsync(primary, StartLimit, () => Replication.AnswersAsync(primary)))
            throw folder.Failure(primary.Name, "does not respond");
        await CreateDatabaseAsync(primary);

        // Existing replicas are handled first. A new copy produces log, so the primary may delete older log
        // that the existing replicas still need.
        var others = layout.DatabaseParts.Where(host => host.Name != primary.Name).ToList();
        var replicas = others.Where(host => _folders.IsReplica(host.Name)).ToList();
        foreach (var replica in replicas)
            await SettleAsync(replica, primary, choice.Timeline);
        foreach (var host in others.Except(replicas))
        {
            if (_folders.Exists(host.Name))
                Messages.Say($"{host.Name} was the primary before {primary.Name} and becomes a replica.");
            await CopyAsync(host, primary, choice.Timeline);
        }
    }

    /// <summary>Deletes the incomplete copies of a start that failed.</summary>
    public void DeleteIncomplete()
    {
        foreach (var host in layout.DatabaseParts)
            _folders.DeleteIncomplete(host.Name);
    }

    /// <summary>Creates the database <c>terse</c> if it does not exist.</summary>
    public async Task CreateDatabaseAsync(FleetPart primary)
    {
        if (await Replication.AskAsync(
                primary, "SELECT count(*)::text FROM pg_database WHERE datname = 'terse'") is "1")
        {
            return;
        }

        if (await Replication.AskAsync(primary, "CREATE DATABASE terse") is null)
            throw folder.Failure(primary.Name, "does not create the database");
    }

    private async Task<PrimaryChoice?> ChooseAsync()
    {
        var states = new List<HostState>();
        foreach (var host in layout.DatabaseParts.Where(host => _folders.Exists(host.Name)))
            states.Add(await _folders.ReadStateAsync(host.Name));
        return PrimaryChoice.Choose(states, folder.Path);
    }

    private async Task<PrimaryChoice> CreatePrimaryAsync()
    {
        var host = layout.DatabaseParts.First().Name;
        Messages.Say($"Creating a database in {_folders.PathOf(host)}");
        await _folders.CreateAsync(
            host,
            [
                PostgresPrograms.PathOf("initdb"),
                "-U", "terse", "-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums",
            ],
            await File.ReadAllTextAsync(
                Path.Combine(Repository.Root, "deploy/fleet/Databases/postgresql.conf"),
                processes.Interrupted),
            processes.Interrupted);
        return new(host, Timeline: 1);
    }

    private async Task StartAsync(FleetPart host)
    {
        await _folders.ReleaseAsync(host.Name, processes.Interrupted);
        string[] command =
            [PostgresPrograms.PathOf("postgres"), "-D", _folders.PathOf(host.Name), "-p", $"{host.Port}"];
        processes.Start(
            host,
            PostgresPrograms.NeedOtherUser ? ["setpriv", .. PostgresPrograms.AsPostgres(command)] : command);
    }

    /// <summary>
    /// Makes a replica follow the primary. If the replica has diverged, or if the primary has deleted log
    /// that the replica needs, copies the primary anew.
    /// </summary>
    private async Task SettleAsync(FleetPart replica, FleetPart primary, int timeline)
    {
        if (!processes.IsAlive(replica))
            await StartAsync(replica);
        if (await SettlesAsync(replica, primary, timeline))
            return;
        Messages.Say($"{replica.Name} cannot follow {primary.Name} and is copied anew.");
        await CopyAsync(replica, primary, timeline);
    }

    private async Task<bool> SettlesAsync(FleetPart replica, FleetPart primary, int timeline) =>
        await processes.WaitAsync(replica, FollowLimit, () => Replication.FollowAsync(replica, primary))
        && await processes.WaitAsync(
            replica, StreamLimit, () => Replication.StreamsAsync(replica, primary, timeline));

    /// <summary>Makes a host a replica of the primary, and keeps its previous data.</summary>
    private async Task CopyAsync(FleetPart host, FleetPart primary, int timeline)
    {
        await processes.StopAsync(host);
        _folders.MoveAway(host.Name);
        Messages.Say($"Copying {primary.Name} to {host.Name}");
        if (!await processes.WaitAsync(
                primary, SlotLimit, () => Replication.DropSlotAsync(primary, host.Name)))
        {
            throw new FleetException($"{primary.Name} did not drop the replication slot {host.Name}.");
        }

        await _folders.CreateAsync(
            host.Name,
            [
                PostgresPrograms.PathOf("pg_basebackup"),
                "-R", "-X", "stream", "-C", "-S", host.Name, "-c", "fast",
                "-d", Replication.SourceOf(primary, host.Name),
            ],
            settings: "",
            processes.Interrupted);
        await StartAsync(host);
        if (!await SettlesAsync(host, primary, timeline))
            throw folder.Failure(host.Name, $"does not follow {primary.Name}");
    }
}
