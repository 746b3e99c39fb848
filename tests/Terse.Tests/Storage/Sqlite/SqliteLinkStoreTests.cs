using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteLinkStoreTests : LinkStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override ILinkStore Store => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override ILinkReader Reader => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override IAliasStore Aliases => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override ISlashCodeStore SlashCodes =>
        new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override ILinkTargets Targets => NewTargets();

    private protected override ILinkCleanup Cleanup => field ??= new SqliteLinkCleanup(_file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task AddManyAsync(int count) => _file.Writer.RunAsync(
        session => session.Command(
            """
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
            INSERT INTO link (id, domain, code, target, created_at)
            SELECT n + 999, '', 'many-' || n, 'https://example.com/', 0 FROM numbers
            """,
            count).ExecuteNonQuery(),
        default);

    private protected override Task<IReadOnlyList<StoredChange>> ReadChangesAsync() =>
        Task.FromResult(_file.Readers.Run(ReadChanges, argument: 0));

    protected override Task AgeChangesAsync(TimeSpan age)
    {
        using var other = OpenRaw();
        Execute(other, $"UPDATE link_change SET changed_at = changed_at - {(long)age.TotalMilliseconds}");
        return Task.CompletedTask;
    }

    private static IReadOnlyList<StoredChange> ReadChanges(SqliteSession session, int argument)
    {
        using var row = session.Command(
            "SELECT domain, code, version, changed_at FROM link_change ORDER BY seq").ExecuteReader();
        var changes = new List<StoredChange>();
        while (row.Read())
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3));
            changes.Add(new(row.GetString(0), row.GetString(1), row.GetInt32(2), at));
        }

        return changes;
    }

    private SqliteLinkTargets NewTargets() => new(
        _file.Writer, _file.Readers, TimeProvider.System, NullLogger<SqliteLinkTargets>.Instance);

    [Fact]
    public async Task Links_of_earlier_versions_are_found_by_their_target_when_the_index_is_complete()
    {
        await AddManyAsync(1_200);
        await _file.Writer.RunAsync(
            session => session.Command("UPDATE missing_targets SET last_id = 2199").ExecuteNonQuery(),
            default);
        using var targets = NewTargets();
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => targets.FindByTargetAsync("", "https://example.com/", default));
        await AddAsync(NewLink(5_000, "new"));
        await targets.AddAllMissingAsync(default);

        Assert.Equal(
            ["new", "many-1200", "many-1199"],
            (await targets.FindByTargetAsync("", "https://example.com/", default))
                .Take(3).Select(link => link.Code));
        Assert.Equal(1_201L, await _file.Writer.RunAsync(
            session => (long)session.Command("SELECT count(*) FROM link_target").ExecuteScalar()!, default));
    }

    [Fact]
    public async Task While_another_program_locks_the_file_links_are_found_but_not_added()
    {
        await AddAsync(NewLink(1, "kept"));
        using (var other = OpenRaw())
        {
            Execute(other, "BEGIN IMMEDIATE");
            await Assert.ThrowsAsync<StoreUnavailableException>(
                () => AddAsync(NewLink(2, "later")));
            Assert.NotNull(await Reader.FindAsync(new("", "kept"), default));
            Assert.Null(await Reader.FindAsync(new("", "later"), default));
        }

        Assert.Equal(AddLinkResult.Added, await AddAsync(NewLink(2, "later")));
    }

    [Fact]
    public async Task A_write_that_throws_gets_its_exception_and_the_next_write_succeeds()
    {
        await Assert.ThrowsAsync<FormatException>(
            () => _file.Writer.RunAsync<int>(_ => throw new FormatException(), default));

        Assert.Equal(AddLinkResult.Added, await AddAsync(NewLink(1, "after")));
    }

    [Fact]
    public async Task A_writer_that_is_disposed_commits_its_queued_writes_and_refuses_later_writes()
    {
        var writer = new SqliteWriter(_file.Database);
        var store = new SqliteLinkStore(writer, _file.Readers);
        var queued = Enumerable.Range(1, 100)
            .Select(id => store.AddAsync(NewLink(id, $"c{id}"), TickEnd, default))
            .ToList();
        writer.Dispose();

        Assert.All(await Task.WhenAll(queued), result => Assert.Equal(AddLinkResult.Added, result));
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.AddAsync(NewLink(101, "late"), TickEnd, default));
        Assert.NotNull(await Reader.FindAsync(new("", "c100"), default));
    }

    [Fact]
    public void The_log_is_synced_at_every_commit()
    {
        using var session = _file.Database.OpenWriter();

        Assert.Equal("wal", session.Command("PRAGMA journal_mode").ExecuteScalar());
        Assert.Equal(2L, session.Command("PRAGMA synchronous").ExecuteScalar());
    }

    [Fact]
    public void Readers_cannot_write()
    {
        using var session = _file.Database.OpenReader();
        var failure = Assert.Throws<SqliteException>(() => session.Execute("DELETE FROM link"));
        Assert.NotNull(SqliteErrors.Describe(failure));
    }

    [Fact]
    public void A_schema_newer_than_the_program_is_refused_and_not_changed()
    {
        using (var other = OpenRaw())
            Execute(other, "PRAGMA user_version = 999");
        var before = File.ReadAllBytes(_file.Database.Path);

        var failure = Assert.Throws<StartupException>(_file.Open);
        Assert.Contains("schema 999", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_file.Database.Path));
    }

    [Fact]
    public void A_file_of_another_program_is_refused_and_not_changed()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "terse.db");
        using (var other = new SqliteConnection($"Data Source={file};Pooling=false"))
        {
            other.Open();
            Execute(other, "CREATE TABLE theirs (a); PRAGMA user_version = 7");
        }

        var before = File.ReadAllBytes(file);
        var failure = Assert.Throws<StartupException>(() => new SqliteDatabase(FolderOptions(folder.Path)));
        Assert.Contains("another program", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_file_that_is_not_a_database_is_refused_and_not_changed()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "terse.db");
        File.WriteAllText(path, new string('x', 5000));

        var failure = Assert.Throws<StartupException>(() => new SqliteDatabase(FolderOptions(folder.Path)));
        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(path).Length);
    }

    [Fact]
    public async Task After_the_file_is_deleted_no_write_is_acknowledged()
    {
        await AddAsync(NewLink(1, "a"));
        File.Delete(_file.Database.Path);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => AddAsync(NewLink(2, "b")));
    }

    [Fact]
    public async Task Writes_that_are_queued_behind_a_locked_transaction_fail_with_it()
    {
        using var other = OpenRaw();
        Execute(other, "BEGIN IMMEDIATE");
        var queued = Enumerable.Range(1, 5000).Select(id => AddAsync(NewLink(id, $"c{id}")));
        var failures = await Task.WhenAll(queued.Select(
            add => Assert.ThrowsAsync<StoreUnavailableException>(() => add)));

        // The 5,000 writes fail with one or two exceptions in total. There would be five if only one batch of
        // 1,024 writes failed at a time.
        Assert.InRange(failures.Select(failure => failure.InnerException).Distinct().Count(), 1, 2);
    }

    [Fact]
    public void A_reader_does_not_create_a_missing_file()
    {
        File.Delete(_file.Database.Path);

        var failure = Assert.Throws<SqliteException>(_file.Database.OpenReader);
        Assert.NotNull(SqliteErrors.Describe(failure));
        Assert.False(File.Exists(_file.Database.Path));
    }

    private SqliteConnection OpenRaw()
    {
        var connection = new SqliteConnection($"Data Source={_file.Database.Path};Pooling=false");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static IOptions<StorageOptions> FolderOptions(string folder) =>
        Options.Create(new StorageOptions { Folder = folder });
}
