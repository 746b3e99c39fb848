using System.Collections.Concurrent;
using System.Net;

namespace Terse.Hosting;

/// <summary>
/// Looks up the addresses of hosts. On Linux, a lookup blocks its thread, for half a minute if no name server
/// answers, and .NET would block threads of the pool, which redirects need. So each lookup has a thread of
/// its own. Callers that ask for the same host at the same time share one lookup. Nothing is cached.
/// </summary>
/// <param name="lookUp">Returns the addresses of a host; may block.</param>
internal sealed class HostLookups(Func<string, IPAddress[]> lookUp)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IPAddress[]>>> _running =
        new(StringComparer.OrdinalIgnoreCase);

    /// <param name="host">A name or an address.</param>
    /// <param name="cancellationToken">Ends the wait of this caller; the lookup continues.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The host has no address.</exception>
    public Task<IPAddress[]> FindAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
            return Task.FromResult<IPAddress[]>([address]);
        return _running.GetOrAdd(host, Start).Value.WaitAsync(cancellationToken);
    }

    private Lazy<Task<IPAddress[]>> Start(string host) => new(() => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return lookUp(host);
            }
            finally
            {
                _running.TryRemove(host, out _);
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default));
}
