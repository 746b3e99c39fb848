using System.Text.Json;
using Terse.Commands;
using Terse.Harness;

namespace Terse.Tests.Commands;

public sealed class EventsCommandTests
{
    private const string Path = "/api/v1/events?types=link";

    [Fact]
    public async Task Past_events_are_read_up_to_the_newest_one_and_then_followed()
    {
        await using var server = await TerseServer.StartAsync(("Access:Anonymous", "loopback"));
        using var client = new ServerClient(server.Http.BaseAddress!, maxConnections: 1);
        List<string> ids = [];
        var reader = NewReader(client, ids, lastId: null);
        Assert.Null(await reader.RunAsync(follows: false, default));
        await server.CreateCodeAsync("https://example.com/", "a");
        await server.CreateCodeAsync("https://example.com/", "b");

        Assert.Null(await reader.RunAsync(follows: false, default));
        Assert.Equal(2, ids.Count);
        var tooOld = await NewReader(client, [], "1000000-1").RunAsync(follows: true, default);
        Assert.Contains("are kept for 14 days", tooOld, StringComparison.Ordinal);

        using var ended = new CancellationTokenSource();
        var following = reader.RunAsync(follows: true, ended.Token);
        await server.CreateCodeAsync("https://example.com/", "c");
        await Eventually.IsTrueAsync(() => Task.FromResult(ids.Count == 3 || following.IsCompleted));
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(ids[^1], reader.LastId);
    }

    [Fact]
    public void An_event_is_one_line_without_control_characters()
    {
        const string Json =
            """
            {"specversion":"1.0","id":"1-2","type":"terse.link.visited.v1","subject":"go.example/sale",
            "time":"2026-11-28T09:25:43.939Z","data":{"version":1,"visits":2,"botVisits":0,
            "after":{"target":"https://e.example/\u001b[2J"}}}
            """;

        Assert.Equal(
            "2026-11-28T09:25:43.939Z  link.visited      go.example/sale  version=1  visits=2  botVisits=0  "
            + "https://e.example/\uFFFD[2J",
            EventLines.Of(Json));
        Assert.Null(EventLines.Of("no JSON"));
    }

    private static EventReader NewReader(ServerClient client, List<string> ids, string? lastId) => new(
        client,
        Path,
        json =>
        {
            ids.Add(JsonDocument.Parse(json).RootElement.GetProperty("id").GetString()!);
            return Task.CompletedTask;
        },
        reason => throw new InvalidOperationException(reason),
        TimeProvider.System)
    {
        LastId = lastId,
    };
}
