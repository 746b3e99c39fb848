using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

public sealed class BackupWorkerTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    private readonly TemporaryFolder _folder = new();
    private readonly SqliteFile _file = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero));
    private readonly Figures _figures = new();

    [Fact]
    public async Task Backups_are_written_at_the_interval_also_across_restarts_and_only_the_newest_are_kept()
    {
        using (var worker = await StartAsync())
        {
            await WaitForAsync("terse-20261127T080000Z.db.gz");
            _time.Advance(Interval);
            await WaitForAsync("terse-20261127T080000Z.db.gz", "terse-20261127T140000Z.db.gz");
            await worker.StopAsync(default);
        }

        _time.Advance(Interval - TimeSpan.FromMinutes(2));
        using var next = await StartAsync();
        await WaitForAsync("terse-20261127T080000Z.db.gz", "terse-20261127T140000Z.db.gz");
        _time.Advance(TimeSpan.FromMinutes(2));
        await WaitForAsync("terse-20261127T140000Z.db.gz", "terse-20261127T200000Z.db.gz");
        await next.StopAsync(default);
    }

    [Fact]
    public async Task A_failed_backup_is_counted_and_tried_again_after_a_minute()
    {
        await File.WriteAllTextAsync(_folder["backups"], "a file in place of the folder");
        using var worker = await StartAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(CountOf("failed") == 1));
        Assert.Equal(0, CountOf("ok"));

        File.Delete(_folder["backups"]);
        _time.Advance(BackupWorker.CheckInterval);
        await WaitForAsync("terse-20261127T080100Z.db.gz");
        await Eventually.IsTrueAsync(() => Task.FromResult(CountOf("ok") == 1));
        await worker.StopAsync(default);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
        _figures.Dispose();
    }

    private async Task<BackupWorker> StartAsync()
    {
        var options = new BackupOptions { Folder = _folder["backups"], Interval = Interval, Keep = 2 };
        var worker = new BackupWorker(
            _file.Database,
            Options.Create(options),
            new BackupMetrics(_figures),
            _time,
            NullLogger<BackupWorker>.Instance);
        await worker.StartAsync(default);
        return worker;
    }

    private long CountOf(string outcome) =>
        _figures.Observe($"terse.backups {outcome}");

    private Task WaitForAsync(params string[] names) => Eventually.IsTrueAsync(() => Task.FromResult(
        Directory.Exists(_folder["backups"])
        && Directory.GetFiles(_folder["backups"]).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .SequenceEqual(names)));
}
