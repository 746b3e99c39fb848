using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>A fleet in a folder: its layout, its processes, and the parts by kind.</summary>
internal sealed class Fleet : IDisposable
{
    private readonly HttpProbe _http = new();

    private Fleet(FleetFolder folder, FleetLayout? layout, CancellationToken interrupted)
    {
        Folder = folder;
        Layout = layout ?? FleetLayout.Default;
        Exists = layout is not null;
        Processes = new(folder, interrupted);
    }

    public FleetFolder Folder { get; }

    /// <summary>Whether there is a fleet in the folder. If not, the layout is the default.</summary>
    public bool Exists { get; }

    public FleetLayout Layout { get; private set; }

    public FleetProcesses Processes { get; }

    public DatabaseHosts Databases => new(Folder, Layout, Processes);

    public PatroniHosts Patroni => new(Folder, Layout, Processes, _http);

    public TerseServers Servers => new(Folder, Layout, Processes, _http);

    public LoadBalancer Balancer => new(Folder, Layout, Processes, _http);

    public Prometheus Monitor => new(Folder, Layout, Processes, _http);

    /// <summary>The names of the databases that have data.</summary>
    public IReadOnlyCollection<string> HostsWithData =>
    [
        .. from number in Enumerable.Range(1, FleetLayout.MaxReplicas + 1)
           let host = $"db{number}"
           where Directory.Exists(Folder[host])
           select host,
    ];

    public bool IsRunning => Layout.Parts.Any(Processes.IsAlive);

    /// <exception cref="FleetException">The layout is damaged.</exception>
    public static async Task<Fleet> OpenAsync(string path, CancellationToken interrupted)
    {
        // Without symbolic links, as /proc shows the working folders of processes.
        var real = await Command.RunAsync("realpath", ["-m", path]);
        var folder = new FleetFolder(real.Output.TrimEnd('\n'));
        // The path of a socket has about 100 characters at most, so it is relative to this folder.
        if (Directory.Exists(folder.Path))
            Environment.CurrentDirectory = folder.Path;
        return new(folder, LayoutFile.Read(folder), interrupted);
    }

    /// <exception cref="FleetException">There is no fleet, or it does not run.</exception>
    public static async Task<Fleet> OpenRunningAsync(string path, CancellationToken interrupted)
    {
        var fleet = await OpenAsync(path, interrupted);
        if (fleet.Exists && fleet.IsRunning)
            return fleet;
        fleet.Dispose();
        throw new FleetException($"No fleet runs in {fleet.Folder.Path}; start it: ./fleet up");
    }

    /// <summary>
    /// Takes the lock of the fleet until the result is disposed, and reads the layout again, because another
    /// command may have changed it. Returns null if another command has the lock.
    /// </summary>
    public IDisposable? TryLock()
    {
        var changing = Folder.TryTakeLock();
        if (changing is not null)
            Layout = LayoutFile.Read(Folder) ?? Layout;
        return changing;
    }

    /// <exception cref="FleetException">Another command has the lock.</exception>
    public IDisposable Lock() => TryLock()
        ?? throw new FleetException($"Another ./fleet is running on {Folder.Path}; wait until it ends.");

    /// <summary>Notes a port for each part, and stores the layout.</summary>
    public void Note(FleetLayout layout)
    {
        var plan = PortPlan.Choose(layout, IsUsable);
        var present = Layout.PortNames.ToHashSet(StringComparer.Ordinal);
        if (IsRunning && plan.Passed.FirstOrDefault(port => present.Contains(port.Name)) is { } used)
        {
            throw new FleetException(
                $"Port {used.Used}, for {used.Name}, is in use by another program. Stop "
                + "that program; or stop the fleet, which then takes another port: ./fleet down");
        }

        if (plan.Passed.Any(port => port.Name == layout.Balancer.Name) && HostsWithData.Count > 0)
        {
            throw new FleetException(
                $"Port {layout.Balancer.Port}, for balancer, is in use by another program. The short URLs of "
                + "this fleet carry this port, so stop that program, or start another fleet: --data DIR");
        }

        foreach (var port in plan.Passed)
            Messages.Say(port.ToString());
        Store(plan.Layout);
    }

    /// <summary>Stores a layout that needs no further port.</summary>
    public void Store(FleetLayout layout)
    {
        Layout = layout;
        LayoutFile.Write(Folder, layout);
    }

    public Task StartDatabasesAsync() => Layout.HasPatroni ? Patroni.StartAsync() : Databases.StartAsync();

    public bool IsReplica(FleetPart part) => new DatabaseFolders(Folder, Layout).IsReplica(part.Name);

    public void Dispose() => _http.Dispose();

    /// <summary>Returns the part that listens on the port with this name.</summary>
    private static string OwnerOf(string port) => port
        .Replace("metrics", "server", StringComparison.Ordinal)
        .Replace("patroni", "db", StringComparison.Ordinal)
        .Replace(FleetLayout.PeerName, "etcd", StringComparison.Ordinal);

    /// <summary>A Patroni takes over the database that a killed Patroni has left.</summary>
    private bool IsUsable(string name, int port) =>
        Processes.IsAlive(OwnerOf(name))
        || (Layout.HasPatroni && new DatabaseFolders(Folder, Layout).RunningProcessOf(name) is not null)
        || FreePort.IsFree(port);
}
