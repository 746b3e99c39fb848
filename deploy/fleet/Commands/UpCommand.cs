using System.Collections.Immutable;
using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>up</c>, which starts a fleet, or the parts of it that are not alive.</summary>
internal static class UpCommand
{
    private static readonly Option<int?> Servers =
        FleetOptions.Number("--servers", 1, FleetLayout.MaxServers, "The number of Terse servers.");

    private static readonly Option<int?> Replicas =
        FleetOptions.Number("--replicas", 0, FleetLayout.MaxReplicas, "The number of replicas.");

    /// <summary>The fleet also uses up to 35 ports after it.</summary>
    private static readonly Option<int?> Port =
        FleetOptions.Number("--port", 1024, 65_000, "The port of the balancer, before the others.");

    private static readonly Option<bool> Observed = new("--observed")
    {
        Description = "Also starts a Prometheus that watches the servers.",
    };

    private static readonly Option<bool> Unobserved = new("--unobserved")
    {
        Description = "Starts no Prometheus.",
    };

    private static readonly Option<ImmutableArray<string>?> Zones = new("--zones")
    {
        Description = "Zones for the servers and databases, one after another, such as a,b.",
        CustomParser = FleetOptions.ParseZones,
    };

    private static readonly Option<string?> Failover = new("--failover")
    {
        Description = "patroni: the databases run under Patroni, which replaces a killed primary. Or none.",
    };

    private static readonly Option<bool> Synchronous = new("--synchronous")
    {
        Description = "With --failover patroni: a commit waits until a replica has it, too.",
    };

    public static Command Create()
    {
        Failover.AcceptOnlyFromAmong("patroni", "none");
        return CreateCommand();
    }

    private static Command CreateCommand()
    {
        var command = new Command("up", "Starts or repairs the fleet.")
        {
            Servers, Replicas, Port, Observed, Unobserved, Zones, Failover, Synchronous,
            FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenAsync(arguments.GetValue(FleetOptions.Data)!, interrupted);
        var request = Read(arguments);
        await DebianPackages.InstallMissingAsync(
            request.IsObserved ?? fleet.Layout.IsObserved, request.HasPatroni ?? fleet.Layout.HasPatroni);
        Directory.CreateDirectory(fleet.Folder["log"]);
        Directory.CreateDirectory(fleet.Folder["run"]);
        using var changing = fleet.Lock();
        fleet.Note(request.Apply(
            fleet.Exists ? fleet.Layout : null, fleet.IsRunning, fleet.HostsWithData));
        await new DatabaseFolders(fleet.Folder, fleet.Layout).CheckAccessAsync();
        Pausing.Resume(fleet, fleet.Layout.Parts); // Paused parts would not answer.
        await StartAsync(fleet);
        await StatusTable.WriteAsync(fleet);
        Messages.Say($"Terse is ready on {fleet.Layout.Balancer.Address}");
        if (fleet.Layout.Monitor is { } monitor)
            Messages.Say($"Prometheus is ready on {monitor.Address}");
        return 0;
    }

    private static LayoutRequest Read(ParseResult arguments) => new(
        arguments.GetValue(Port),
        arguments.GetValue(Servers),
        arguments.GetValue(Replicas),
        arguments.GetValue(Observed) ? true : arguments.GetValue(Unobserved) ? false : null,
        arguments.GetValue(Zones),
        arguments.GetValue(Failover) is { } failover ? failover == "patroni" : null)
    {
        IsSynchronous = arguments.GetValue(Synchronous) ? true : null,
    };

    /// <summary>Starts all parts. If one fails, stops those that this command has started.</summary>
    private static async Task StartAsync(Fleet fleet)
    {
        try
        {
            await fleet.StartDatabasesAsync();
            await fleet.Servers.StartAsync();
            await fleet.Balancer.StartAsync();
            await fleet.Monitor.StartAsync();
        }
        catch
        {
            await fleet.Processes.UndoAsync(fleet.IsReplica);
            fleet.Databases.DeleteIncomplete();
            throw;
        }
    }
}
