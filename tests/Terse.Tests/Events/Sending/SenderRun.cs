using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Events;
using Terse.Harness;
using Terse.Hosting;
using Terse.Tests.Hosting;

namespace Terse.Tests.Events;

/// <summary>
/// A sender that runs, with deliveries in memory, real requests, and a time that the test sets.
/// </summary>
internal sealed class SenderRun : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly StartedLifetime _lifetime = new();
    private readonly LoggerFactory _loggers;
    private readonly WebhookClient _client;
    private readonly DeliveryDispatcher _dispatcher;
    private readonly DeliveryWorker _worker;

    private SenderRun(WebhookOptions options)
    {
        _loggers = new LoggerFactory([Log, Notes]);
        Deliveries = new(Time);
        Drain = new(_lifetime, Time);
        var settings = Options.Create(options);
        Held = new(settings, Time);
        var metrics = new DeliveryMetrics(Figures, Held);
        var signal = new DeliverySignal();
        _client = new(options, "urn:test", Time);
        _dispatcher = new(
            Deliveries, Deliveries, Deliveries, Held, signal, metrics, Drain, Time,
            _loggers.CreateLogger<DeliveryDispatcher>());
        _worker = new(
            Deliveries, Deliveries, _dispatcher, new(_client, Held, metrics, Time), Held, signal,
            settings, Drain, Time, _loggers.CreateLogger<DeliveryWorker>());
    }

    public FakeTimeProvider Time { get; } = new(new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public KeptLog Log { get; } = new();

    /// <summary>What <see cref="Log"/> keeps, and entries of the level Information.</summary>
    public KeptLog Notes { get; } = new(LogLevel.Information);

    public FakeDeliveries Deliveries { get; }

    public HeldReceivers Held { get; }

    public Drain Drain { get; }

    public Figures Figures { get; } = new();

    /// <summary>Starts a sender, to which webhooks and events are added later.</summary>
    public static async Task<SenderRun> StartAsync(int maxInFlight = 10, int maxConnections = 100)
    {
        var run = new SenderRun(new()
        {
            AllowedNetworks = ["127.0.0.0/8"],
            MaxInFlight = maxInFlight,
            MaxConnections = maxConnections,
        });
        await run._worker.StartAsync(default);
        await run._dispatcher.StartAsync(default);
        return run;
    }

    /// <summary>Lets the time pass in steps until a condition is true.</summary>
    public Task UntilAsync(Func<bool> condition) => Eventually.IsTrueAsync(() =>
    {
        if (condition())
            return Task.FromResult(true);
        Time.Advance(Step);
        return Task.FromResult(false);
    });

    /// <summary>Lets a time pass in steps, in which the sender does what is due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = Time.GetUtcNow() + time;
        while (Time.GetUtcNow() < end)
        {
            var calls = Deliveries.CallsOf(nameof(IDeliveryQueue.TakeAsync));
            Time.Advance(DeliveryDispatcher.Interval);
            await Eventually.IsTrueAsync(
                () => Task.FromResult(Deliveries.CallsOf(nameof(IDeliveryQueue.TakeAsync)) > calls));
        }
    }

    /// <summary>Stops the sender, while the time passes.</summary>
    public async Task StopAsync()
    {
        Drain.Begin();
        await _dispatcher.StopAsync(default);
        var stopping = _worker.StopAsync(default);
        await UntilAsync(() => stopping.IsCompleted);
        await stopping;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _worker.Dispose();
        _dispatcher.Dispose();
        _client.Dispose();
        Drain.Dispose();
        _lifetime.Dispose();
        _loggers.Dispose();
        Figures.Dispose();
    }
}
