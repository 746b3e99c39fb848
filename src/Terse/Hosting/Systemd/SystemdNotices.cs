using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;

namespace Terse.Hosting;

/// <summary>
/// Tells systemd the state of the server: that it is ready, that it stops, and that it still makes progress
/// (sd_notify(3), https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html). Without systemd,
/// it does nothing.
/// </summary>
/// <remarks>
/// The watchdog restarts a hung server. A server is hung when its thread pool starts no work item for the
/// whole interval: it then answers no request either, since Kestrel runs each request there. The notices come
/// from a timer of the thread pool, behind all work that waits. A server that waits for its database is not
/// hung, and a restart would not mend the database.
/// </remarks>
internal sealed partial class SystemdNotices : BackgroundService
{
    private static readonly ServiceState Watchdog = new("WATCHDOG=1");

    private readonly ISystemdNotifier _notifier;
    private readonly TimeSpan? _interval;
    private readonly TimeProvider _time;
    private readonly ILogger<SystemdNotices> _logger;
    private readonly CancellationTokenRegistration _stopping;

    /// <param name="notifier">Sends to the socket of systemd.</param>
    /// <param name="variables">Returns the value of an environment variable.</param>
    /// <param name="drain">Notices when the server begins to stop.</param>
    /// <param name="time">The clock of the watchdog.</param>
    /// <param name="logger">Receives a warning when systemd cannot be reached.</param>
    public SystemdNotices(
        ISystemdNotifier notifier,
        Func<string, string?> variables,
        Drain drain,
        TimeProvider time,
        ILogger<SystemdNotices> logger)
    {
        (_notifier, _time, _logger) = (notifier, time, logger);
        _interval = ReadInterval(variables, Environment.ProcessId);
        _stopping = drain.Begun.Register(() => Notify(ServiceState.Stopping));
    }

    /// <summary>Reports that the server accepts requests.</summary>
    public void NotifyReady() => Notify(ServiceState.Ready);

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Sends a notice at half of the interval after which systemd ends the process, as sd_watchdog_enabled(3)
    /// recommends.
    /// </summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_notifier.IsEnabled || _interval is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval / 2, _time);
        do
        {
            Notify(Watchdog);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>
    /// Returns the interval of the watchdog; null if systemd watches no process, or another one.
    /// </summary>
    private static TimeSpan? ReadInterval(Func<string, string?> variables, int process)
    {
        var watched = variables("WATCHDOG_PID");
        var isWatched = string.IsNullOrEmpty(watched)
            || watched == process.ToString(CultureInfo.InvariantCulture);
        return isWatched
            && uint.TryParse(
                variables("WATCHDOG_USEC"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var microseconds)
            && microseconds >= 2_000 // A timer cannot be faster than 1 ms.
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    private void Notify(ServiceState state)
    {
        try
        {
            _notifier.Notify(state);
        }
        catch (SocketException exception)
        {
            LogNotSent(exception.Message); // The server goes on: requests matter more than their supervisor.
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "systemd could not be notified: {Reason}")]
    private partial void LogNotSent(string reason);
}

/// <summary>Registers what a server needs as a service of systemd.</summary>
internal static class SystemdSetup
{
    public static void AddSystemdNotices(this IServiceCollection services)
    {
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SystemdNotices>(
            provider, (Func<string, string?>)Environment.GetEnvironmentVariable));
        services.AddHostedService(provider => provider.GetRequiredService<SystemdNotices>());
    }
}
