using Terse.Harness;
using Terse.Horizon;
using Terse.Ids;
using Terse.Storage;
using Terse.Storage.Moves;
using Terse.Storage.Postgres;
using Terse.Storage.Sqlite;

namespace Terse.ClusterTests;

/// <summary>Tests of moves that must not begin, or that end before they are complete.</summary>
public sealed class RefusedMoveTests : IAsyncLifetime
{
    private const string Target = "https://example.com/";

    private readonly TemporaryFolder _folder = new();
    private PostgresCluster _postgres = null!;

    private string[] Hosts => [.. PostgresCluster.SettingsOf(_postgres.ConnectionStrings)];

    public async ValueTask InitializeAsync() => _postgres = await PostgresCluster.StartAsync(replicas: 0);

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_move_that_would_mix_or_lose_data_is_refused_with_advice()
    {
        await AssertRefusedAsync("There is no database", "--to", "postgres", "--data", _folder["none"]);
        await CreateLinkAsync(_folder["data"]);
        var noHosts = await Command.TerseAsync("move", "--to", "postgres", "--data", _folder["data"]);
        Assert.Equal(1, noHosts.ExitCode);
        Assert.Contains("set them with --Database:Hosts:0", noHosts.Errors, StringComparison.Ordinal);
        var unreachable = await Command.TerseAsync(
            "move", "--to", "postgres", "--data", _folder["data"], "--Database:Hosts:0",
            PostgresServer.ConnectionStringBy(FreePort.Find()));
        Assert.Equal(1, unreachable.ExitCode);

        await using (var other = await _postgres.Primary.ConnectAsync())
        {
            await using var taking = new Npgsql.NpgsqlCommand(
                "SELECT pg_advisory_lock(x'544552534d4f5645'::bigint)", other);
            await AssertRefusedAsync("has no schema", "--to", "sqlite", "--data", _folder["other"]);
            await taking.ExecuteNonQueryAsync();
            await AssertRefusedAsync("Another process moves", "--to", "postgres", "--data", _folder["data"]);
        }

        await using (var server = await TerseProcess.ServeAsync(_postgres.ConnectionStrings))
            Assert.NotNull(await server.CreateCodeAsync(Target));
        await AssertRefusedAsync("is not empty", "--to", "postgres", "--data", _folder["data"]);
        await AssertRefusedAsync("exists", "--to", "sqlite", "--data", _folder["data"]);

        // A version of the schema that this program does not know.
        await _postgres.Primary.ExecuteAsync("UPDATE schema_version SET version = version + 1");
        await AssertRefusedAsync("needs schema", "--to", "sqlite", "--data", _folder["other"]);
        await using var still = await TerseProcess.ServeAsync(_folder["data"]);
        Assert.NotNull(await still.CreateCodeAsync(Target));
    }

    [Fact]
    public async Task A_move_can_be_canceled_and_its_target_takes_neither_a_server_nor_another_move()
    {
        var code = await CreateLinkAsync(_folder["data"]);
        await KillAsync("--to", "postgres", "--data", _folder["data"]);
        var start = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TerseProcess.ServeAsync(_postgres.ConnectionStrings));
        Assert.Contains("is not finished", start.Message, StringComparison.Ordinal);

        var cancel = await Command.TerseAsync(
            ["move", "--cancel", "--to", "postgres", "--data", _folder["data"], .. Hosts]);
        Assert.True(cancel.ExitCode == 0, cancel.Errors);
        await AssertRefusedAsync("has begun", "--to", "postgres", "--data", _folder["data"]);
        await using var server = await TerseProcess.ServeAsync(_folder["data"]);
        Assert.Equal(Target, await server.FollowAsync(code));
        Assert.NotNull(await server.CreateCodeAsync(Target));
    }

    [Fact]
    public async Task A_move_that_ended_after_it_closed_the_old_database_is_completed_by_the_next_run()
    {
        var code = await CreateLinkAsync(_folder["data"]);
        await MigrateAsync();
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using var cluster = NewCluster();
            await cluster.FindPrimaryAsync();
            var session = await PostgresMoveSession.OpenAsync(cluster, default);
            await using var source = new SqliteMoveSource(new StorageOptions { Folder = _folder["data"] });
            await using var target = new LostTarget(new PostgresMoveTarget(session));
            await new Mover(source, target, new(TextWriter.Null, TimeProvider.System), TimeProvider.System)
                .RunAsync(default);
        });

        var old = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TerseProcess.ServeAsync(_folder["data"]));
        Assert.Contains("have moved to", old.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => TerseProcess.ServeAsync(_postgres.ConnectionStrings));

        var move = await Command.TerseAsync(
            ["move", "--to", "postgres", "--data", _folder["data"], .. Hosts]);
        Assert.True(move.ExitCode == 0, move.Errors);
        await using var server = await TerseProcess.ServeAsync(_postgres.ConnectionStrings);
        Assert.Equal(Target, await server.FollowAsync(code));
        Assert.NotNull(await server.CreateCodeAsync(Target));
    }

    [Fact]
    public async Task A_full_disk_ends_a_move_to_SQLite_and_the_old_database_goes_on()
    {
        await using var server = await TerseProcess.ServeAsync(_postgres.ConnectionStrings);
        for (var link = 0; link < 50; link++)
            await server.CreateCodeAsync(Target + new string('a', 8000));
        Directory.CreateDirectory(_folder["full"]);
        const string Script =
            """
            mount -t tmpfs -o size=512k tmpfs "$1"
            shift
            exec "$@"
            """;
        var result = await Command.RunAsync(
            "unshare",
            ["-rm", "sh", "-euc", Script, "sh", _folder["full"], Repository.Program, "move", "--to", "sqlite",
                "--data", _folder["full"], .. Hosts]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("The disk of the database is full", result.Errors, StringComparison.Ordinal);
        Assert.NotNull(await server.CreateCodeAsync(Target));
    }

    [Fact]
    public async Task Each_table_of_PostgreSQL_is_moved_or_known_not_to_be()
    {
        await MigrateAsync();
        var tables = await _postgres.Primary.ReadTextsAsync(
            """
            SELECT relname::text FROM pg_class
            WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
            """);
        Assert.Empty(tables
            .Except(MovedTables.All.Select(table => table.Name), StringComparer.Ordinal)
            .Except(MovedTables.Others, StringComparer.Ordinal)
            .Except([MovedTables.Visits.Name], StringComparer.Ordinal));
    }

    private async Task MigrateAsync()
    {
        var migrate = await Command.TerseAsync(["migrate", .. Hosts]);
        Assert.Equal(0, migrate.ExitCode);
    }

    private Cluster NewCluster() => new(
        new ClusterOptions { Hosts = [new("primary", _postgres.Primary.ConnectionString)] },
        TimeProvider.System);

    private static async Task<string> CreateLinkAsync(string data)
    {
        await using var server = await TerseProcess.ServeAsync(data);
        return (await server.CreateCodeAsync(Target))!;
    }

    private async Task AssertRefusedAsync(string reason, params string[] options)
    {
        var result = await Command.TerseAsync(["move", .. options, .. Hosts]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Runs a move, and kills it when it has copied a table.</summary>
    private async Task KillAsync(params string[] options)
    {
        using var mover = Command.Start(Repository.Program, ["move", .. options, .. Hosts]);
        Assert.NotNull(await mover.StandardOutput.ReadLineAsync());
        mover.Kill();
        await mover.WaitForExitAsync();
        Assert.Equal(137, mover.ExitCode);
    }

    /// <summary>A target that is lost before it is complete.</summary>
    private sealed class LostTarget(IMoveTarget target) : IMoveTarget
    {
        public string Description => target.Description;

        public Task<bool> BeginAsync(string source, string id) => target.BeginAsync(source, id);

        public Task<IReadOnlyList<DateOnly>> FindDaysAsync() => target.FindDaysAsync();

        public Task CreateDayAsync(DateOnly day) => target.CreateDayAsync(day);

        public Task DropDayAsync(DateOnly day) => target.DropDayAsync(day);

        public Task<CopyProgress> ReadProgressAsync(MovedTable table) => target.ReadProgressAsync(table);

        public Task InsertAsync(MovedTable table, IReadOnlyList<object?[]> rows, CopyProgress progress) =>
            target.InsertAsync(table, rows, progress);

        public Task ReplaceAsync(MovedTable table, ChangedRows changed) =>
            target.ReplaceAsync(table, changed);

        public Task<TableSum> SumAsync(MovedTable table, IReadOnlyList<object?[]> keys) =>
            target.SumAsync(table, keys);

        public Task<TableSum> SumAsync(MovedTable table) => target.SumAsync(table);

        public Task AnalyzeAsync() => target.AnalyzeAsync();

        public Task CompleteAsync(MovedState state, IReadOnlyList<NodeRow> nodes, DateTimeOffset now) =>
            throw new IOException("The connection was lost.");

        public ValueTask DisposeAsync() => target.DisposeAsync();
    }
}
