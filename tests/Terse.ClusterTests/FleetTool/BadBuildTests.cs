using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Rolls of a fleet to programs that become ready, and then are worse than the program before, under load
/// that counts every request.
/// </summary>
public sealed class BadBuildTests(ITestOutputHelper output) : IDisposable
{
    private const string Failing = "failing";
    private const string Slow = "slow";

    /// <summary>
    /// The database refuses every creation of one user, and delays every change of another one. The delay
    /// comes before the guard's lock, so it does not hold up the horizon.
    /// </summary>
    private const string Users =
        $"""
        CREATE ROLE {Failing} SUPERUSER LOGIN;
        CREATE ROLE {Slow} SUPERUSER LOGIN;
        CREATE FUNCTION bad_build() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' AND session_user = '{Failing}' THEN
                RAISE EXCEPTION 'a defect of this build';
            ELSIF TG_OP = 'UPDATE' AND session_user = '{Slow}' THEN
                PERFORM pg_sleep(0.8);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER bad_build BEFORE INSERT OR UPDATE ON link
            FOR EACH STATEMENT EXECUTE FUNCTION bad_build();
        """;

    private static readonly TimeSpan RollLimit = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_roll_to_a_program_that_fails_is_slow_or_ends_goes_back_on_every_server()
    {
        await using var fleet = new FleetScript();
        var up = await fleet.RunAsync("up", "--servers", "2", "--replicas", "0");
        Assert.True(up.ExitCode == 0, up.Errors);
        var status = await fleet.StatusAsync();
        await FleetScript.QueryAsync(status.Databases[0], Users);
        await using var load = await CountedLoad.StartAsync(fleet.Balancer, clients: 1);
        // More clients that change a link, so that a slow server finishes a change in every second.
        await using var second = await CountedLoad.StartAsync(fleet.Balancer, clients: 0);
        await using var third = await CountedLoad.StartAsync(fleet.Balancer, clients: 0);
        CountedLoad[] loads = [load, second, third];

        // The first server runs well with this program, so both servers must go back.
        var failing = await BuildAsync(status, Failing, "server2");
        var failed = await RollAsync(fleet, loads, () => fleet.RunAsync("roll", "--to", failing));
        AssertStopped(failed, "server2", @"answers \d+\.\d % of its requests with 5xx");
        Assert.Contains("\nWatching server2\n", failed.Roll.Errors, StringComparison.Ordinal);
        Assert.NotEmpty(failed.Failures);
        Assert.All(failed.Failures, failure => Assert.Equal(
            (HttpMethod.Post, "InternalServerError"),
            (failure.Method, failure.Reason[..failure.Reason.IndexOf(' ', StringComparison.Ordinal)])));

        var slow = await BuildAsync(status, Slow, "server1");
        var delayed = await RollAsync(fleet, loads, () => fleet.RunAsync("roll", "--to", slow));
        AssertStopped(delayed, "server1", @"has a p99 of \d\.\d{3} s; the others have 0\.\d{3} s");
        Assert.Empty(delayed.Failures);

        var ended = await RollAsync(fleet, loads, () => RollAndKillAsync(fleet));
        AssertStopped(ended, "server1", "has ended");
        Assert.DoesNotContain(ended.Failures, failure => failure.Method == HttpMethod.Get);

        await load.StopAsync();
        Assert.Empty(loads.SelectMany(one => one.FailedRedirects));
    }

    /// <summary>
    /// Writes a program that is Terse, but one server of the fleet connects as another user of the database.
    /// </summary>
    private async Task<string> BuildAsync(FleetStatus status, string user, string server)
    {
        var port = status.Databases[0].GetProperty("port").GetInt32();
        var program = _folder[user];
        await File.WriteAllTextAsync(
            program,
            $"""
            #!/bin/sh
            case "$*" in
            */{server}\ *)
                set -- "$@" --Database:Hosts:0 'Host=127.0.0.1;Port={port};Username={user};Database=terse'
                ;;
            esac
            exec '{Path.GetFullPath(Repository.Program)}' "$@"

            """);
        await Command.RunAsync("chmod", ["u+x", program]);
        return program;
    }

    /// <summary>
    /// Rolls under load. Afterwards both servers run their earlier program, and no request fails.
    /// </summary>
    private async Task<StoppedRoll> RollAsync(
        FleetScript fleet, CountedLoad[] loads, Func<Task<CommandResult>> rollAsync)
    {
        var before = loads.Select(load => load.Failures.Count).ToList();
        var begin = TimeProvider.System.GetTimestamp();
        var roll = await rollAsync();
        var failures = loads.Zip(before).SelectMany(pair => pair.First.Failures.Skip(pair.Second)).ToList();
        output.WriteLine(
            $"{TimeProvider.System.GetElapsedTime(begin)}, {failures.Count} of "
            + $"{loads.Sum(load => load.Requests)} requests failed:\n{roll.Errors}");

        var status = await fleet.StatusAsync();
        Assert.Equal((0, 2), (status.ExitCode, status.Servers.GetArrayLength()));
        // PostgreSQL ends the sessions of a stopped server by itself.
        await Eventually.IsTrueAsync(async () => await FleetScript.QueryAsync(
            status.Databases[0],
            $"SELECT count(*) FROM pg_stat_activity WHERE usename IN ('{Failing}', '{Slow}')") is 0L);
        foreach (var load in loads)
            await load.ContinueAsync(requests: 100);
        Assert.Equal(
            before.Sum() + failures.Count, loads.Sum(load => load.Failures.Count));
        return new(roll, failures);
    }

    private static void AssertStopped(StoppedRoll stopped, string server, string reason)
    {
        Assert.Equal(1, stopped.Roll.ExitCode);
        Assert.Matches(
            $"\nThe roll stopped at {server}, which {reason}. All servers run as before.\n$",
            stopped.Roll.Errors);
    }

    /// <summary>Starts the servers again, and kills the first new one while it is watched.</summary>
    private static async Task<CommandResult> RollAndKillAsync(FleetScript fleet)
    {
        using var roll = fleet.Start("roll");
        using var limit = new CancellationTokenSource(RollLimit, TimeProvider.System);
        var errors = new List<string>();
        while (await roll.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            errors.Add(line);
            if (line == "Watching server1")
                FleetScript.Kill((await fleet.StatusAsync()).Servers[0]);
        }

        await roll.WaitForExitAsync(limit.Token);
        return new(roll.ExitCode, "", string.Concat(errors.Select(line => line + "\n")));
    }

    private sealed record StoppedRoll(CommandResult Roll, IReadOnlyList<FailedRequest> Failures);
}
