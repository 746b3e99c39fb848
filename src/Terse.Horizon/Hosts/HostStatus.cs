namespace Terse.Horizon;

/// <summary>
/// Contains what this process knows about one host: the state from the last probes, and how many reads of
/// this process run on the host. Safe for use by any number of threads.
/// </summary>
/// <param name="name">The name of the host in metrics and errors.</param>
internal sealed class HostStatus(string name)
{
    private HostState _state = HostState.Unknown;
    private Exception? _failure;
    private int _reads;
    private long _lastFailedReadAt = long.MinValue;
    private long _confirmedAt = long.MinValue;
    private long _poolerConfirmedAt = long.MaxValue;
    private Exception? _poolerFailure;
    private HostSettings? _settings;

    public string Name => name;

    /// <summary>
    /// The state from the last probes. After the first value, only <see cref="HostRegistry"/> sets it.
    /// </summary>
    public HostState State
    {
        get => Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, value);
    }

    /// <summary>How many reads of this process run on the host now.</summary>
    public int ReadsInFlight => Volatile.Read(ref _reads);

    /// <summary>
    /// The monotonic timestamp at which a read last failed on the host; <see cref="long.MinValue"/> when no
    /// read has failed.
    /// </summary>
    public long LastFailedReadAt
    {
        get => Volatile.Read(ref _lastFailedReadAt);
        set => Volatile.Write(ref _lastFailedReadAt, value);
    }

    /// <inheritdoc cref="DatabaseHost.Settings"/>
    public HostSettings? Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>
    /// The monotonic timestamp at which the last successful probe began; <see cref="long.MinValue"/> before
    /// the first one.
    /// </summary>
    public long ConfirmedAt
    {
        get => Volatile.Read(ref _confirmedAt);
        set => Volatile.Write(ref _confirmedAt, value);
    }

    /// <summary>
    /// The monotonic timestamp at which the last successful probe of the pooler began;
    /// <see cref="long.MaxValue"/> without a pooler.
    /// </summary>
    public long PoolerConfirmedAt
    {
        get => Volatile.Read(ref _poolerConfirmedAt);
        set => Volatile.Write(ref _poolerConfirmedAt, value);
    }

    /// <summary>
    /// The error of the last probe of the pooler; null when that probe succeeded, and without a pooler.
    /// </summary>
    public Exception? PoolerFailure
    {
        get => Volatile.Read(ref _poolerFailure);
        set => Volatile.Write(ref _poolerFailure, value);
    }

    /// <summary>The error of the last probe; null when the last probe succeeded.</summary>
    public Exception? Failure
    {
        get => Volatile.Read(ref _failure);
        set => Volatile.Write(ref _failure, value);
    }

    public void BeginRead() => Interlocked.Increment(ref _reads);

    public void EndRead() => Interlocked.Decrement(ref _reads);
}
