using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Clients that send requests to servers until disposal, each ten a second at most.</summary>
internal static class Traffic
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Creates links on each server.</summary>
    public static RepeatedRequests OfCreations(IEnumerable<AlertServer> servers) =>
        New(servers, clients: 10, async (server, cancellationToken) =>
        {
            using var response = await server.Process.CreateAsync("https://example.com/", cancellationToken);
        });

    /// <summary>Follows codes that no link has, each once.</summary>
    public static RepeatedRequests OfUnknownCodes(IEnumerable<AlertServer> servers)
    {
        var number = 0;
        return New(servers, clients: 4, async (server, cancellationToken) =>
        {
            var code = new Uri($"/unknown{Interlocked.Increment(ref number)}", UriKind.Relative);
            using var response = await server.Process.Http.GetAsync(code, cancellationToken);
        });
    }

    private static RepeatedRequests New(
        IEnumerable<AlertServer> servers, int clients, Func<AlertServer, CancellationToken, Task> send) =>
        new(
            Pause,
            from server in servers
            from client in Enumerable.Range(0, clients)
            select new Func<CancellationToken, Task>(token => send(server, token)));
}
