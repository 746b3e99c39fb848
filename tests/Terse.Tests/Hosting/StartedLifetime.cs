using Microsoft.Extensions.Hosting;

namespace Terse.Tests.Hosting;

/// <summary>The lifetime of a .NET host that has started and never stops.</summary>
internal sealed class StartedLifetime : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _started = new();

    public StartedLifetime() => _started.Cancel();

    public CancellationToken ApplicationStarted => _started.Token;

    public CancellationToken ApplicationStopping => CancellationToken.None;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication()
    {
    }

    public void Dispose() => _started.Dispose();
}
