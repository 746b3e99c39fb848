namespace Terse.Hosting;

/// <summary>
/// How far the shutdown of this server has proceeded. A shutdown has three phases. While the server drains,
/// it reports that it is not ready, but still accepts connections and answers every request, so that load
/// balancers can move their requests to other servers. Then the server accepts no more connections, and
/// answers the requests in flight. Finally, the background services stop.
/// </summary>
internal sealed class Drain : IDisposable
{
    /// <summary>
    /// How long a request body may still arrive after the server has stopped to accept connections. A client
    /// that sends its body slowly, or not at all, must not delay the shutdown.
    /// </summary>
    private static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long connections stay open after the server has stopped to accept connections. The time is longer
    /// than a creation takes that waits for a primary (15 s) and then for the database (3 s). It leaves time
    /// for the background services within the shutdown time of the .NET host (30 s).
    /// </summary>
    public static readonly TimeSpan ConnectionTime = TimeSpan.FromSeconds(19);

    private readonly CancellationTokenSource _bodyDeadline;
    private readonly CancellationTokenSource _connectionDeadline;
    private readonly CancellationTokenRegistration _stopping;
    private readonly CancellationTokenSource _begun = new();

    private readonly IHostApplicationLifetime _lifetime;

    public Drain(IHostApplicationLifetime lifetime, TimeProvider time)
    {
        _lifetime = lifetime;
        _bodyDeadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _connectionDeadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _stopping = lifetime.ApplicationStopping.Register(() =>
        {
            Begin();
            _bodyDeadline.CancelAfter(BodyTime);
            _connectionDeadline.CancelAfter(ConnectionTime);
        });
    }

    /// <summary>Whether the server drains or stops.</summary>
    public bool HasBegun => _begun.IsCancellationRequested;

    /// <summary>The time at which the first phase starts.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>Whether the first phase has ended: the server accepts no more connections.</summary>
    public bool IsStopping => _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>The time at which the server closes connections with an incomplete request body.</summary>
    public CancellationToken BodyDeadline => _bodyDeadline.Token;

    /// <summary>The time at which the server closes all connections.</summary>
    public CancellationToken ConnectionDeadline => _connectionDeadline.Token;

    /// <summary>Starts the first phase. Does nothing if the shutdown has already begun.</summary>
    public void Begin() => _begun.Cancel();

    public void Dispose()
    {
        _stopping.Dispose();
        _begun.Dispose();
        _bodyDeadline.Dispose();
        _connectionDeadline.Dispose();
    }
}
