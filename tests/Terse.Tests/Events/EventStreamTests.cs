using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

public sealed class EventStreamTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly FakeEvents _events = new(Now);
    private readonly StreamServer _server;

    public EventStreamTests() => _server = new(_events, _time);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_stream_sends_each_event_once_and_in_order()
    {
        await using var client = _server.Open(_events.Begin);
        var reading = client.ReadAsync();
        for (var link = 1; link <= 50; link++)
        {
            _events.Add("link.created", link, at: link % 3);
            _server.Log.Horizon = _events.LastAt;
        }

        await WaitAsync(() => Ids(client).Count >= 50);

        Assert.Equal(_events.All.Select(stored => stored.Position.ToString()), Ids(client));
        var first = client.Messages.First(message => message.Data is not null);
        Assert.Equal("link.created", first.Type);
        Assert.Contains("\"type\":\"terse.link.created.v1\"", first.Data, StringComparison.Ordinal);
        await EndAsync(client, reading);
    }

    [Fact]
    public async Task A_stream_shows_no_event_after_the_horizon()
    {
        var shown = _events.Add("link.created", 1);
        _server.Log.Horizon = _events.LastAt;
        _events.Add("link.created", 2);
        await using var client = _server.Open(_events.Begin);
        var reading = client.ReadAsync();

        await WaitAsync(() => client.Messages.Count(message => message.Id is not null) >= 4);

        Assert.Equal([shown.Position.ToString()], Ids(client));
        await EndAsync(client, reading);
    }

    [Fact]
    public async Task A_quiet_stream_sends_the_position_that_its_filter_has_reached()
    {
        var filter = EventFilter.All with { Types = ["link.deleted"] };
        await using var client = _server.Open(_events.Begin, filter);
        var reading = client.ReadAsync();
        await WaitAsync(() => client.Messages.Any(message => message.Comment == EventStream.Live));
        var last = _events.Add("link.created", 1);
        _server.Log.Horizon = _events.LastAt;

        await WaitAsync(() => client.Messages[^1].Id == EventPosition.EndOf(last.Position.At).ToString());

        Assert.Empty(Ids(client));
        Assert.Equal("position", client.Messages[^1].Comment);
        await EndAsync(client, reading);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_off()
    {
        for (var link = 1; link <= 100; link++)
            _events.Add("link.created", link);
        _server.Log.Horizon = _events.LastAt;
        await using var client = _server.Open(_events.Begin, pauseAt: 1024);
        var begin = _time.GetTimestamp();

        await WaitAsync(() => client.Ended.IsCompleted);

        Assert.Equal(StreamEnd.Slow, await client.Ended);
        Assert.InRange(_time.GetElapsedTime(begin), SseWriter.WriteTime, SseWriter.WriteTime * 2);
        Assert.Equal(0, _server.Tail.Readers);
    }

    [Fact]
    public async Task A_draining_server_sends_when_to_connect_again_and_ends_the_stream()
    {
        await using var client = _server.Open(_events.Begin);
        var reading = client.ReadAsync();
        await WaitAsync(() => client.Messages.Any(message => message.Comment == EventStream.Live));

        _server.Drain.Begin();

        Assert.Equal(StreamEnd.Drained, await client.Ended);
        await reading;
        Assert.Matches("\nretry: [0-9]{3,4}\n\n$", client.Text);
    }

    [Fact]
    public async Task A_client_that_does_not_read_delays_a_drain_for_two_seconds()
    {
        for (var link = 1; link <= 100; link++)
            _events.Add("link.created", link);
        _server.Log.Horizon = _events.LastAt;
        await using var client = _server.Open(_events.Begin, pauseAt: 1024);
        await Eventually.IsTrueAsync(() => Task.FromResult(_server.Log.Reads > 1));
        _server.Drain.Begin();
        var begin = _time.GetTimestamp();

        await WaitAsync(() => client.Ended.IsCompleted);

        Assert.InRange(_time.GetElapsedTime(begin), TimeSpan.Zero, SseWriter.DrainTime * 2);
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_ends()
    {
        await using var client = _server.Open(_events.Begin);
        var reading = client.ReadAsync();
        await WaitAsync(() => client.Messages.Any(message => message.Comment == EventStream.Live));
        _server.Caller = null;
        var begin = _time.GetTimestamp();

        await WaitAsync(() => client.Ended.IsCompleted);

        Assert.Equal(StreamEnd.KeyEnded, await client.Ended);
        Assert.InRange(_time.GetElapsedTime(begin), TimeSpan.Zero, EventStream.KeyInterval * 2);
        await reading;
    }

    [Fact]
    public async Task A_key_with_a_scope_sees_only_the_events_of_its_links()
    {
        _server.Caller = new("team", Role.Admin, new(["go.example"], ["mail"]));
        _events.Add("link.created", 1, after: """{"tags":["other"]}""");
        var seen = _events.Add("link.created", 2, after: """{"tags":["Mail"]}""");
        _server.Log.Horizon = _events.LastAt;
        await using var client = _server.Open(_events.Begin);
        var reading = client.ReadAsync();

        await WaitAsync(() => client.Messages.Any(message => message.Comment == EventStream.Live));

        Assert.Equal([seen.Position.ToString()], Ids(client));
        await EndAsync(client, reading);
    }

    [Fact]
    public async Task A_stream_ends_when_its_next_events_may_have_been_deleted()
    {
        _events.Add("link.created", 1);
        _server.Log.Horizon = _events.LastAt;
        _time.Advance(_server.Options.Retention);
        await using var client = _server.Open(_events.Begin);

        await WaitAsync(() => client.Ended.IsCompleted);

        Assert.Equal(StreamEnd.Expired, await client.Ended);
        Assert.True(EventStream.IsExpired(_events.Begin, _server.Options, _time));
        Assert.False(EventStream.IsExpired(
            EventPosition.EndOf(_events.LastAt + (long)TimeSpan.FromHours(1).TotalMicroseconds),
            _server.Options,
            _time));
    }

    [Fact]
    public async Task All_streams_of_a_server_share_the_reads_of_the_log()
    {
        _server.Options.MaxStreams = 20;
        var clients = Enumerable.Range(0, 20).Select(_ => _server.Open(_events.Begin)).ToList();
        var readings = clients.Select(client => client.ReadAsync()).ToList();
        Assert.Null(_server.Tail.TryJoin(_events.Begin, _server.Options.MaxStreams));
        await WaitAsync(() => clients.All(client =>
            client.Messages.Any(message => message.Comment == EventStream.Live)));
        var reads = _server.Log.Reads;
        var begin = _time.GetTimestamp();
        _events.Add("link.created", 1);
        _server.Log.Horizon = _events.LastAt;

        await WaitAsync(() => clients.All(client => Ids(client).Count == 1));

        Assert.InRange(
            _server.Log.Reads - reads, 1, (_time.GetElapsedTime(begin) / EventTail.Interval) + 1);
        for (var index = 0; index < clients.Count; index++)
            await EndAsync(clients[index], readings[index]);
        Assert.Equal(0, _server.Tail.Readers);
    }

    private static List<string> Ids(StreamClient client) =>
        [.. client.Messages.Where(message => message.Data is not null).Select(message => message.Id!)];

    private static async Task EndAsync(StreamClient client, Task reading)
    {
        await client.DisposeAsync();
        await reading;
    }

    /// <summary>Lets the time of the servers go on until a condition is true.</summary>
    private Task WaitAsync(Func<bool> condition) => Eventually.IsTrueAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(0.25));
        return Task.FromResult(condition());
    });
}
