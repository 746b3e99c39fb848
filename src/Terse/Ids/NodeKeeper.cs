using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Asks for a node again and again while there is none for this server. It would be asked for when ids are,
/// but a server that is not ready gets no requests.
/// </summary>
internal sealed partial class NodeKeeper(IdMint mint, TimeProvider time, ILogger<NodeKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        do
        {
            if (mint.WhyNotReady is not null)
                await TryStartAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryStartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await mint.StartAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The mint says why, to whoever asks whether the server is ready.
        }
#pragma warning disable CA1031 // An exception would end the whole server.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogNoNode(exception);
        }
    }

    [LoggerMessage(204, LogLevel.Error, "No node was reserved; it is tried again.")]
    private partial void LogNoNode(Exception exception);
}
