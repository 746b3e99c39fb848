namespace Terse.Hosting;

/// <summary>
/// Drains a server on a Spot instance when AWS gives notice that it takes the instance back, two minutes
/// before. Other instances get no such notice, and are not polled. Source: "Spot Instance interruption
/// notices" in the Amazon EC2 User Guide, which recommends an interval of 5 s.
/// </summary>
/// <remarks>
/// A rebalance recommendation only says that the instance may be taken back. The Auto Scaling group answers
/// it: it starts another instance first, and then ends this one, which drains as in any other end.
/// </remarks>
internal sealed partial class SpotNotices(
    CloudReading cloud, DrainLifetime lifetime, TimeProvider time, ILogger<SpotNotices> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the server drains at most: after this, it needs up to 50 s more to stop, and the instance
    /// ends two minutes after the notice.
    /// </summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);

    private const string LifeCycle = "/latest/meta-data/instance-life-cycle";
    private const string Interruption = "/latest/meta-data/spot/instance-action";

    private bool _isSpot;
    private bool _hasFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (cloud.Metadata is not { } metadata)
            return;
        _ = cloud.Machine; // The reason is known when the read has ended.
        if (cloud.Problem is { } problem)
            LogUnread(problem);
        using var timer = new PeriodicTimer(Interval, time);
        while (!await IsOverAsync(metadata, stoppingToken))
            await timer.WaitForNextTickAsync(stoppingToken);
    }

    /// <summary>Polls once. Returns whether no further notice matters.</summary>
    private async Task<bool> IsOverAsync(Ec2Metadata metadata, CancellationToken stoppingToken)
    {
        var isOver = false;
        var hasSucceeded = await BackgroundLoop.TryAsync(
            async token => isOver = await PollAsync(metadata, token),
            exception =>
            {
                if (!_hasFailed)
                    LogFailed(exception.Message);
            },
            stoppingToken);
        _hasFailed = !hasSucceeded;
        return isOver;
    }

    private async Task<bool> PollAsync(Ec2Metadata metadata, CancellationToken cancellationToken)
    {
        if (!_isSpot)
        {
            _isSpot = await metadata.ReadAsync(LifeCycle, cancellationToken) == "spot";
            if (!_isSpot)
                return true;
        }

        if (await metadata.ReadAsync(Interruption, cancellationToken) is not { } interruption)
            return false;
        LogInterruption(interruption);
        lifetime.Drain(MaxDelay);
        return true;
    }

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "The metadata service of the cloud cannot be used, so the zone and the image are unknown: {Problem}")]
    private partial void LogUnread(string problem);

    [LoggerMessage(13, LogLevel.Warning, "The metadata service gives no notices of Spot: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(14, LogLevel.Warning, "AWS takes this Spot instance back; the server drains: {Notice}")]
    private partial void LogInterruption(string notice);
}
