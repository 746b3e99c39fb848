using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The commands of <c>./fleet</c>.</summary>
internal static class FleetCommands
{
    public const string Usage =
        """
        ./fleet up [--servers 3] [--replicas 2] [--port 8080] [--data DIR]   starts or repairs the fleet
           --observed      also starts a Prometheus that watches the servers; --unobserved does not
           --failover patroni   runs the databases under Patroni, which replaces a killed primary
              --synchronous    lets a commit wait until a replica has it, too
           --zones a,b     gives the servers and databases these zones, one after another
        ./fleet down [--data DIR]              stops the fleet and keeps the data
        ./fleet status [--json] [--data DIR]   shows the parts; exit code 0 if all are alive
        ./fleet kill NAME [--data DIR]         kills a part, to try what happens
        ./fleet pause NAME|ZONE [--data DIR]   suspends a part or a zone; ./fleet resume NAME|ZONE resumes it
        ./fleet scale N [--data DIR]           adds or removes servers; no request fails
        ./fleet roll [--to PROGRAM] [--data DIR]    replaces the servers one at a time
        ./fleet switchover [--to dbN] [--data DIR]  makes another database the primary
        ./fleet autoscale [--min 2] [--max 5] [--cpu 60] [--data DIR]   scales by load, until Ctrl+C
        """;

    public static ParseResult Parse(string[] arguments) => new RootCommand(
        "Runs Terse on this machine: PostgreSQL with replicas, several Terse servers, and HAProxy.")
        {
            UpCommand.Create(),
            DownCommand.Create(),
            StatusCommand.Create(),
            KillCommand.Create(),
            PauseCommands.CreatePause(),
            PauseCommands.CreateResume(),
            ScaleCommand.Create(),
            RollCommand.Create(),
            SwitchoverCommand.Create(),
            AutoscaleCommand.Create(),
        }.Parse(arguments);
}
