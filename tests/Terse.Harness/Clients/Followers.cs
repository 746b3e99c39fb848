using System.Collections.Concurrent;

namespace Terse.Harness;

/// <summary>
/// Clients that follow links without a pause and count the visits of each link. The server must count one
/// visit for each redirect, and zero or one for each request whose connection broke before the response was
/// complete.
/// </summary>
internal sealed class Followers
{
    /// <summary>How long a client waits after it failed to connect to a server.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, int> _redirects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _cutOff = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly IReadOnlyList<string> _codes;
    private readonly Func<Random, TerseProcess> _server;
    private readonly List<Task> _clients;
    private int _refused;

    /// <param name="codes">The codes of the links that the clients follow.</param>
    /// <param name="clients">How many clients send requests at the same time.</param>
    /// <param name="server">Chooses the server that receives the next request.</param>
    public Followers(IReadOnlyList<string> codes, int clients, Func<Random, TerseProcess> server)
    {
        (_codes, _server) = (codes, server);
        _clients = [.. Enumerable.Range(0, clients).Select(seed => RunAsync(new Random(seed)))];
    }

    public int Redirects => _redirects.Values.Sum();

    public int CutOff => _cutOff.Values.Sum();

    /// <summary>How many complete responses were not redirects.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The lowest and the highest visit count that the server may report for a link.</summary>
    public (int Least, int Most) VisitsOf(string code)
    {
        var least = _redirects.GetValueOrDefault(code);
        return (least, least + _cutOff.GetValueOrDefault(code));
    }

    /// <summary>
    /// Waits until the clients have received <paramref name="more"/> further redirects. The wait counts
    /// redirects instead of seconds, so that a slow machine produces as many visits as a fast one.
    /// </summary>
    public async Task WaitForAsync(int more)
    {
        var target = Redirects + more;
        await Eventually.IsTrueAsync(() => Task.FromResult(Redirects >= target));
    }

    public async Task StopAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_clients);
        _ended.Dispose();
    }

    private async Task RunAsync(Random random)
    {
        using var follower = new Follower();
        using var timer = new PeriodicTimer(Pause, TimeProvider.System);
        while (!_ended.IsCancellationRequested)
        {
            var code = _codes[random.Next(_codes.Count)];
            switch (await follower.FollowAsync(_server(random).Authority, code))
            {
                case FollowResult.Redirected:
                    _redirects.AddOrUpdate(code, 1, (_, count) => count + 1);
                    break;
                case FollowResult.CutOff:
                    _cutOff.AddOrUpdate(code, 1, (_, count) => count + 1);
                    break;
                case FollowResult.Refused:
                    Interlocked.Increment(ref _refused);
                    break;
                case FollowResult.NotSent:
                    await timer.WaitForNextTickAsync(CancellationToken.None);
                    break;
            }
        }
    }
}
