using System.Collections.Concurrent;

namespace Terse.Harness;

/// <summary>
/// Clients that follow links without a pause, and count what each of the links is owed: the redirects that
/// they got are visits. A request that was cut off may be one or not.
/// </summary>
internal sealed class Followers
{
    /// <summary>Before it is tried again where nobody listens.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, int> _redirects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _cutOff = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly IReadOnlyList<string> _codes;
    private readonly Func<Random, TerseProcess> _server;
    private readonly List<Task> _clients;
    private int _refused;

    /// <param name="codes">Of the links.</param>
    /// <param name="clients">How many follow at once.</param>
    /// <param name="server">Whom to ask next.</param>
    public Followers(IReadOnlyList<string> codes, int clients, Func<Random, TerseProcess> server)
    {
        (_codes, _server) = (codes, server);
        _clients = [.. Enumerable.Range(0, clients).Select(seed => RunAsync(new Random(seed)))];
    }

    public int Redirects => _redirects.Values.Sum();

    public int CutOff => _cutOff.Values.Sum();

    /// <summary>Requests that were answered with an error.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The visits that a link has at least and at most.</summary>
    public (int Least, int Most) VisitsOf(string code)
    {
        var least = _redirects.GetValueOrDefault(code);
        return (least, least + _cutOff.GetValueOrDefault(code));
    }

    /// <summary>Waits until there are so many more redirects: load, not time, says how long it is.</summary>
    public async Task WaitForAsync(int more)
    {
        var until = Redirects + more;
        await Eventually.IsSoAsync(() => Task.FromResult(Redirects >= until));
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
