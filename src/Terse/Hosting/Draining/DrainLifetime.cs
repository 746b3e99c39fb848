using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Shuts the server down when the process receives a signal, or when the machine will end. The first signal
/// drains the server (<see cref="Hosting.Drain"/>) and then stops it. The operating system's default action
/// for the second signal ends the process at once.
/// </summary>
internal sealed partial class DrainLifetime(
    Drain drain,
    IHostApplicationLifetime lifetime,
    IOptions<DrainOptions> options,
    TimeProvider time,
    ILogger<DrainLifetime> logger) : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] Signals =
        [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in Signals)
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    /// <summary>
    /// Shuts the server down as the first signal does, because the machine will end. A signal that follows
    /// does not end the process at once.
    /// </summary>
    /// <param name="maxDelay">How long the server drains at most.</param>
    public void Drain(TimeSpan maxDelay)
    {
        var delay = options.Value.Delay;
        _ = DrainAsync(delay < maxDelay ? delay : maxDelay);
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _received) > 1)
            return;
        context.Cancel = true;

        // At a terminal, no load balancer has to notice the shutdown.
        _ = DrainAsync(context.Signal == PosixSignal.SIGINT ? TimeSpan.Zero : options.Value.Delay);
    }

    private async Task DrainAsync(TimeSpan delay)
    {
        LogDraining(delay);
        drain.Begin();
        await Task.Delay(delay, time);
        lifetime.StopApplication();
    }

    [LoggerMessage(10, LogLevel.Information, "The server drains for {Delay}, and then stops.")]
    private partial void LogDraining(TimeSpan delay);
}

/// <summary>Configures how the server shuts down. The settings are in the section <c>Drain</c>.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    public static readonly string[] SettingNames = [nameof(Delay)];

    /// <summary>
    /// How long the server still accepts connections after SIGTERM, while it reports that it is not ready: a
    /// duration of 0 to 10 minutes. Default: 5 seconds. With a shorter delay than load balancers need to
    /// notice that the server is not ready, requests fail. With a longer delay, every restart takes longer.
    /// </summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);
}

internal sealed class DrainOptionsValidator : IValidateOptions<DrainOptions>
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, DrainOptions options) =>
        options.Delay >= TimeSpan.Zero && options.Delay <= MaxDelay
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Drain:Delay is {options.Delay}; set a duration from 00:00:00 to {MaxDelay}.");
}
