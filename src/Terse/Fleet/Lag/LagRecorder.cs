using System.Threading.Channels;
using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>
/// Measures the lag of all replicas once a second, and stores it minute by minute. While the primary is lost,
/// the last hour waits in memory.
/// </summary>
internal sealed partial class LagRecorder(
    IFleetStore fleet, ILagStore store, TimeProvider time, ILogger<LagRecorder> logger) : BackgroundService
{
    public const int MaxWaiting = 60;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    private readonly LagMeter _meter = new(time);

    private readonly Channel<IReadOnlyList<LagMinute>> _ended =
        Channel.CreateBounded<IReadOnlyList<LagMinute>>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        new BackgroundLoop(Interval, time, (exception, isFirst) =>
        {
            if (isFirst)
                LogNotMeasured(exception);
        }).RunAsync(MeasureAsync, stoppingToken),
        StoreAsync(stoppingToken));

    private Task MeasureAsync(CancellationToken cancellationToken)
    {
        if (_meter.Measure(fleet.Hosts) is { Count: > 0 } minutes)
            _ended.Writer.TryWrite(minutes);
        return Task.CompletedTask;
    }

    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        await foreach (var minutes in _ended.Reader.ReadAllAsync(cancellationToken))
        {
            var hasFailed = false;
            while (!await BackgroundLoop.TryAsync(
                token => store.AddAsync(minutes, token), OnFailure, cancellationToken))
            {
                await Task.Delay(RetryInterval, time, cancellationToken);
            }

            void OnFailure(Exception exception)
            {
                if (!hasFailed)
                    LogNotStored(exception.Message);
                hasFailed = true;
            }
        }
    }

    [LoggerMessage(
        702,
        LogLevel.Warning,
        "The lag of the database hosts cannot be stored; the server tries again every 10 s, and keeps the "
        + "last hour: {Reason}")]
    private partial void LogNotStored(string reason);

    [LoggerMessage(703, LogLevel.Error, "The lag of the database hosts cannot be measured.")]
    private partial void LogNotMeasured(Exception exception);
}
