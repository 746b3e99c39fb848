using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Terse.Fleet;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Fleet;

public sealed class LagRecorderTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly KeptLog _log = new();
    private readonly LaggingFleet _fleet;
    private readonly FakeLagStore _store = new();
    private readonly LagRecorder _recorder;

    public LagRecorderTests()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _fleet = new LaggingFleet(_time);
        _recorder = new LagRecorder(_fleet, _store, _time, factory.CreateLogger<LagRecorder>());
    }

    public async ValueTask DisposeAsync()
    {
        await _recorder.StopAsync(default);
        _recorder.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Each_minute_is_stored_when_it_has_ended()
    {
        await StartAsync();
        await AdvanceAsync(seconds: 180);
        await StoredAsync(minutes: 3);

        Assert.Equal([0, 1, 2], _store.Stored.Select(minute => minute.Begin.Minute));
        Assert.All(_store.Stored, minute => Assert.Equal(LaggingFleet.Lag, minute.Longest));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task While_the_database_is_lost_the_minutes_wait_and_one_line_is_logged()
    {
        await StartAsync();
        _store.IsLost = true;
        await AdvanceAsync(seconds: 240);
        await Eventually.IsTrueAsync(() => Task.FromResult(_log.Lines.Count == 1));
        Assert.Empty(_store.Stored);

        _store.IsLost = false;
        await StoredAsync(minutes: 4);

        Assert.Equal([0, 1, 2, 3], _store.Stored.Take(4).Select(minute => minute.Begin.Minute));
        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task No_more_than_the_last_hour_waits_and_the_minute_that_is_being_stored()
    {
        await StartAsync();
        _store.IsLost = true;
        await AdvanceAsync(seconds: 90 * 60);
        var last = _time.GetUtcNow().AddMinutes(-1);

        _store.IsLost = false;
        await StoredAsync(minutes: LagRecorder.MaxWaiting + 1);

        // More minutes may have ended before the next try.
        var kept = _store.Stored.Skip(1).Select(minute => minute.Begin).ToList();
        Assert.InRange(kept[0], last.AddMinutes(1 - LagRecorder.MaxWaiting), DateTimeOffset.MaxValue);
        Assert.Equal(Enumerable.Range(0, kept.Count).Select(minute => kept[0].AddMinutes(minute)), kept);
    }

    private async Task StartAsync()
    {
        await _recorder.StartAsync(default);
        await MeasuredAsync(1);
    }

    private async Task AdvanceAsync(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            var measured = _fleet.Measurements;
            _time.Advance(TimeSpan.FromSeconds(1));
            await MeasuredAsync(measured + 1);
        }
    }

    /// <summary>Waits without a pause, because the test measures thousands of times.</summary>
    private async Task MeasuredAsync(int measurements)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        while (_fleet.Measurements < measurements)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Advances the time until the pause before the next try has ended, whenever it began.</summary>
    private Task StoredAsync(int minutes) => Eventually.IsTrueAsync(async () =>
    {
        if (_store.Stored.Count >= minutes)
            return true;
        await AdvanceAsync(seconds: 1);
        return false;
    });

    /// <summary>A primary, and a replica with a constant lag.</summary>
    private sealed class LaggingFleet(TimeProvider time) : IFleetStore
    {
        public const double Lag = 0.5;

        private int _measurements;

        public int Measurements => Volatile.Read(ref _measurements);

        public IReadOnlyList<FleetHost> Hosts
        {
            get
            {
                var now = time.GetUtcNow().UtcDateTime;
                Interlocked.Increment(ref _measurements);
                return
                [
                    new("db1", FleetHostRole.Primary, FleetHostState.Primary, now, 0, 1, 0, null),
                    new("db2", FleetHostRole.Replica, FleetHostState.InRotation, now, Lag, 1, 0, null),
                ];
            }
        }

        public Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<DateTimeOffset> ReportAsync(ServerReport report, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task RemoveAsync(ServerReport report, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class FakeLagStore : ILagStore
    {
        public bool IsLost { get; set; }

        public ConcurrentQueue<LagMinute> Stored { get; } = [];

        public Task AddAsync(IReadOnlyList<LagMinute> minutes, CancellationToken cancellationToken)
        {
            if (IsLost)
                throw new StoreUnavailableException("The database cannot be reached.");
            Stored.Enqueue(Assert.Single(minutes));
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<LagSummary>> ReadAsync(
            DateTimeOffset since, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
