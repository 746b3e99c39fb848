using Microsoft.Extensions.Time.Testing;
using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

/// <summary>
/// Clients read a log that is being written, from servers whose hosts lag differently, and lose their
/// connections at any byte. Whatever happens, a client gets the events of its filter exactly once, in order.
/// </summary>
public sealed class StreamResumeTests
{
    private const int Events = 3_000;
    private const int Servers = 3;
    private const int Clients = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Clients_miss_no_event_and_get_none_twice_however_often_they_are_cut_off(int seed)
    {
        var begin = new DateTimeOffset(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);
        var time = new FakeTimeProvider(begin);
        var events = new FakeEvents(begin);
        var random = new Random(seed);
        var servers = Enumerable.Range(0, Servers).Select(_ => new StreamServer(events, time)).ToList();
        var clients = Enumerable.Range(0, Clients)
            .Select(index => new Client(servers, events.Begin, index, seed))
            .ToList();
        using var ended = new CancellationTokenSource();
        var running = clients.Select(client => client.RunAsync(ended.Token)).ToList();

        await Eventually.IsTrueAsync(() =>
        {
            Write(events, servers, random);
            time.Advance(TimeSpan.FromSeconds(0.3));
            return Task.FromResult(running.Any(task => task.IsFaulted)
                || (events.All.Count == Events && clients.TrueForAll(client => client.HasAll(events))));
        });
        await ended.CancelAsync();
        await Task.WhenAll(running);

        Assert.All(clients, client =>
        {
            Assert.Equal(client.ExpectedOf(events), client.Received);
            Assert.InRange(client.Connections, 5, int.MaxValue);
        });
        servers.ForEach(server => server.Dispose());
    }

    /// <summary>Writes events, and moves the horizons of the hosts: one lags, another is ahead.</summary>
    private static void Write(FakeEvents events, List<StreamServer> servers, Random random)
    {
        for (var count = random.Next(200); count > 0 && events.All.Count < Events; count--)
        {
            events.Add(
                random.Next(3) == 0 ? "link.changed" : "link.created",
                random.Next(9),
                at: random.Next(3) == 0 ? 0 : random.Next(1, 1000));
        }

        // No event is written at or before a horizon afterwards.
        var closed = events.All.Count == Events ? events.LastAt : events.LastAt - 1;
        foreach (var server in servers)
        {
            var horizon = events.All.Count == Events && random.Next(3) == 0
                ? closed
                : server.Log.Horizon + (long)(random.NextDouble() * (closed - server.Log.Horizon));
            server.Log.Horizon = Math.Max(server.Log.Horizon, horizon);
        }
    }

    private sealed class Client(List<StreamServer> servers, EventPosition begin, int index, int seed)
    {
        private readonly Random _random = new((seed * 100) + index);
        private readonly EventFilter _filter = index % 2 == 0
            ? EventFilter.All
            : EventFilter.All with { Types = ["link.changed"], Links = [1, 2, 3] };

        private readonly Lock _lock = new();
        private readonly List<string> _received = [];
        private string _lastId = begin.ToString();
        private StreamClient? _current;

        public int Connections { get; private set; }

        public IReadOnlyList<string> Received
        {
            get
            {
                lock (_lock)
                    return [.. _received, .. IdsOf(_current?.Messages ?? [])];
            }
        }

        public bool HasAll(FakeEvents events)
        {
            var expected = ExpectedOf(events);
            return Received.Count >= expected.Count;
        }

        public IReadOnlyList<string> ExpectedOf(FakeEvents events) =>
            [.. events.All.Where(_filter.Matches).Select(stored => stored.Position.ToString())];

        public async Task RunAsync(CancellationToken ended)
        {
            while (!ended.IsCancellationRequested)
            {
                Assert.True(EventPosition.TryParse(_lastId, out var position));
                await using var client = servers[_random.Next(servers.Count)]
                    .Open(position, _filter, pauseAt: _random.Next(256, 8192));
                lock (_lock)
                    _current = client;
                Connections++;
                var reading = client.ReadAsync(maxBytes: _random.Next(1, 6_000));
                await Task.WhenAny(reading, Eventually.CancelledAsync(ended));
                Keep(client.Messages);
                await client.DisposeAsync();
                await reading;
            }
        }

        private static IEnumerable<string> IdsOf(IReadOnlyList<StreamMessage> messages) =>
            messages.Where(message => message.Data is not null).Select(message => message.Id!);

        private void Keep(IReadOnlyList<StreamMessage> messages)
        {
            lock (_lock)
            {
                _received.AddRange(IdsOf(messages));
                _current = null;
            }

            _lastId = messages.LastOrDefault(message => message.Id is not null)?.Id ?? _lastId;
        }
    }
}
