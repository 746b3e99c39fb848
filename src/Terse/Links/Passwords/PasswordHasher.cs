using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Hashes passwords on few threads of its own, so that redirects keep the other processors and all threads of
/// the pool, however many passwords are sent. Safe for use by any number of threads.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    /// <summary>
    /// How many calls may wait for each thread. The last one waits for 2 to 3 seconds; a further call fails
    /// at once.
    /// </summary>
    private const int MaxWaitingPerThread = 16;

    /// <summary>How many passwords are hashed at the same time: one for four processors.</summary>
    public static readonly int Threads = Math.Max(1, Environment.ProcessorCount / 4);

    /// <summary>How many calls can run or wait.</summary>
    public static readonly int MaxCalls = Threads * (1 + MaxWaitingPerThread);

    private readonly SemaphoreSlim _free = new(Threads);
    private int _calls;

    /// <exception cref="OverloadException">Too many calls wait.</exception>
    public Task<LinkPassword> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => LinkPassword.Of(password), cancellationToken);

    /// <inheritdoc cref="LinkPassword.IsRight"/>
    /// <exception cref="OverloadException">Too many calls wait. The password was not checked.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled the wait. The password was not checked.
    /// </exception>
    public Task<bool> IsRightAsync(
        LinkPassword stored, string password, CancellationToken cancellationToken) =>
        RunAsync(() => stored.IsRight(password), cancellationToken);

    /// <inheritdoc cref="LinkPassword.Strengthen"/>
    /// <exception cref="OverloadException">Too many calls wait.</exception>
    public Task<LinkPassword> StrengthenAsync(
        LinkPassword stored, string password, CancellationToken cancellationToken) =>
        RunAsync(() => stored.Strengthen(password), cancellationToken);

    /// <inheritdoc cref="LinkPassword.FingerprintOf"/>
    /// <exception cref="OverloadException">Too many calls wait.</exception>
    public Task<string> FingerprintAsync(
        string password, string context, CancellationToken cancellationToken) =>
        RunAsync(() => LinkPassword.FingerprintOf(password, context), cancellationToken);

    public void Dispose() => _free.Dispose();

    /// <summary>Runs work that keeps a processor busy.</summary>
    /// <remarks>
    /// The token cancels only the wait. Otherwise, a client that closes its connections could start more work
    /// than the threads can do.
    /// </remarks>
    /// <exception cref="OverloadException">Too many calls wait.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _calls) > MaxCalls)
                throw new OverloadException("Too many passwords are being checked; retry shortly.");
            await _free.WaitAsync(cancellationToken);
            try
            {
                return await Task.Factory.StartNew(
                    work,
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                    TaskScheduler.Default);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }
}
